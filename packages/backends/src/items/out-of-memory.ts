/** Torch and the driver say it in words alone where a service passes on one text. */
const OUT_OF_MEMORY = /OutOfMemoryError|out of memory|allocation on device|CUBLAS_STATUS_ALLOC_FAILED/i;

export const saysOutOfMemory = (text: string): boolean => OUT_OF_MEMORY.test(text);
