/**
 * Words so common in English and in captions that every tokenizer trained on them has each whole. Anything else is counted
 * by its letters.
 */
const COMMON = new Set(
  `a about above across after against all along also among an and animal animals any are arm arms around art as at away back
background ball bar beach bear beautiful bed before behind being below bench beside between big bird birds black blue boat
body book books bottle bottom bowl box boy bread bridge bright brown building buildings bus but by camera can candle car
cars cat cats chair chairs child children city clear close closed cloth clothes cloud clouds coat coffee cold color colors
colour colours computer corner couple cow cup dark day deep desk dog dogs door down dress drink driving during each early
earth eating edge empty evening eye eyes face faces fall family far farm feet female few field film fire fish flat floor
flower flowers flying food foot for forest four fox frame from front fruit full game garden girl glass glasses gold golden
good grass gray great green grey ground group guitar hair half hand hands hanging hat have he head heart heavy high hill
him his holding home horse horses hot house human ice in inside into iron is it its jacket just kitchen lady lake lamp land
landscape large late lawn leaf leather leaves left leg legs light lights line lines little living long looking looks low
made male man many market men metal middle mirror modern moon more morning most mountain mountains mouth music near neck
next night no nose not now object objects ocean of off old on one open or orange other out outdoor outside over page paint
painted painting paper park part path people person phone photo photograph photography picture pink plain plant plants
plate playing portrait purple rain red rest restaurant riding right river road rock rocks room rose round running sand
scene sea seat seen set several shadow shadows she ship shirt shoe shoes shop shot shoulder show side sign silver sitting
sits six sky sleeping small smile smiling smoke snow sofa soft some space square stand standing star stars station still
stone stones store street style suit summer sun sunlight sunset surface table tail tall tea that the their them there
these thin this three through to top tower town track train tree trees truck two under up view vintage walking wall walls
warm watch water wearing wheel while white wide wild wind window windows winter with woman women wood wooden work woods
yellow young your`.split(/\s+/),
);

export const isCommonWord = (word: string): boolean => COMMON.has(word);
