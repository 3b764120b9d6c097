"""Times numpy's dense route for a rank-k merge: forms each module's change, decomposes it whole, keeps k."""

import json
import sys
import time

import numpy

request = json.load(sys.stdin)
factors = numpy.fromfile(request["factors"], dtype=numpy.float32)
rank, at, seconds, energies = request["rank"], 0, 0.0, []


def take(rows, columns):
    global at
    matrix = factors[at : at + rows * columns].reshape(rows, columns)
    at += rows * columns
    return matrix


for module in request["modules"]:
    terms = [(take(module["out"], rank), take(rank, module["inputs"]), weight) for weight in request["weights"]]
    started = time.perf_counter()
    change = sum(weight * (up @ down) for up, down, weight in terms)
    left, values, right = numpy.linalg.svd(change, full_matrices=False)
    up, down = left[:, :rank] * values[:rank], right[:rank]
    seconds += time.perf_counter() - started
    energies.append(float((values[:rank] ** 2).sum()))

json.dump({"seconds": seconds, "energies": energies}, sys.stdout)
