// Made of lua/*.lua by test/tools/embed-lua.mjs. Change those.
import { redisScript } from '../../connections/index.js';

export const admit = redisScript(
  'admit',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
local interval, hold, look, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local early, ms = tonumber(ARGV[5]), now * 1000
local known = redis.call('HMGET', KEYS[1], 'next', 'last')
local following, last = tonumber(known[1] or 0), tonumber(known[2] or 0)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.3f', ms - keep))
local reply = {}
for at = 6, #ARGV do
  local id = ARGV[at]
  local score = redis.call('ZSCORE', KEYS[2], id)
  local turn = score and tonumber(score)
  local token = math.max(following, ms)
  local isIdle = following <= ms
  local hasTurn = last <= ms - early
  if turn then hasTurn = turn <= ms + early end
  if token - ms <= hold and (isIdle or hasTurn) then
    if turn then redis.call('ZREM', KEYS[2], id) end
    following = token + interval
    reply[#reply + 1] = 'run'
    reply[#reply + 1] = string.format('%.3f', token - ms)
  else
    if not turn then
      turn = math.max(last + interval, token - hold / 2)
      last = turn
    elseif hasTurn then
      turn = math.max(ms, token - hold) + hold / 2
    end
    redis.call('ZADD', KEYS[2], string.format('%.3f', turn), id)
    local left = turn - ms
    reply[#reply + 1] = 'wait'
    reply[#reply + 1] = string.format('%.3f', math.min(left, math.max(look, left / 2)))
  end
end
redis.call('HSET', KEYS[1], 'next', string.format('%.3f', following), 'last', string.format('%.3f', last))
local until_ms = math.ceil(math.max(following, last) - ms + keep)
redis.call('PEXPIRE', KEYS[1], until_ms)
redis.call('PEXPIRE', KEYS[2], until_ms)
return reply
`,
);

export const beat = redisScript(
  'beat',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
local owner, lease = ARGV[1], tonumber(ARGV[2])
if redis.call('ZSCORE', KEYS[2], owner) then return { 'FENCED' } end
redis.call('HDEL', KEYS[3], '')
local status = 'OK'
if not redis.call('ZSCORE', KEYS[1], owner) then
  status = 'JOINED'
  redis.call('HSET', KEYS[3], unpack(ARGV, 3))
end
redis.call('ZADD', KEYS[1], string.format('%.6f', now + lease), owner)
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('EXPIRE', KEYS[3], math.ceil(lease * 3))
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local due = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
return { status, stamp, redis.call('ZRANK', KEYS[1], owner), first[1], first[2], due[2] or '', redis.call('SMEMBERS', KEYS[5]), redis.call('SMEMBERS', KEYS[6]) }
`,
);

export const complete = redisScript(
  'complete',
  `local function answer(worker, number)
  local last = redis.call('HGET', worker, 'settled')
  local before, lost = string.match(last or '', '^(%d+):(.*)$')
  if before ~= number then return nil end
  local numbers = {}
  for each in string.gmatch(lost, '%-?%d+') do numbers[#numbers + 1] = tonumber(each) end
  return numbers
end
local settled = answer(KEYS[4], ARGV[1])
if settled then return settled end
local function mismatch(kinds)
  for i = 1, #kinds, 2 do
    local found = redis.call('TYPE', kinds[i]).ok
    if found ~= kinds[i + 1] and found ~= 'none' then
      return redis.error_reply('WRONGTYPE ' .. kinds[i] .. ' is not a ' .. kinds[i + 1])
    end
  end
end
local function writeResult(key, value, keep)
  local written
  if keep == '0' then
    written = redis.call('SET', key, value, 'NX')
  else
    written = redis.call('SET', key, value, 'PX', keep, 'NX')
  end
  if not written and redis.pcall('GETRANGE', key, 0, 19) ~= '{"status": "SUCCESS"' then
    if keep == '0' then
      written = redis.call('SET', key, value)
    else
      written = redis.call('SET', key, value, 'PX', keep)
    end
  end
  if written then redis.call('PUBLISH', key, value) end
end
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash' })
if wrong then return wrong end
local count, keep = #KEYS - 4, ARGV[2]
local lost, isLost = {}, {}
if redis.call('HDEL', KEYS[1], unpack(ARGV, 3, 2 + count)) < count then
  local scores = redis.call('ZMSCORE', KEYS[2], unpack(ARGV, 3, 2 + count))
  for i = 1, count do
    if not scores[i] then
      lost[#lost + 1] = i
      isLost[i] = true
    end
  end
end
for i = 1, count do
  if not isLost[i] then
    writeResult(KEYS[4 + i], ARGV[2 + count + i], keep)
  end
end
redis.call('ZREM', KEYS[2], unpack(ARGV, 3, 2 + count))
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HDEL', KEYS[3], unpack(ARGV, 3, 2 + count)) end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HSET', KEYS[4], 'settled', ARGV[1] .. ':' .. table.concat(lost, ','))
end
return lost
`,
);

export const countParts = redisScript(
  'count-parts',
  `local function answer(worker, number)
  local last = redis.call('HGET', worker, 'settled')
  local before, lost = string.match(last or '', '^(%d+):(.*)$')
  if before ~= number then return nil end
  local numbers = {}
  for each in string.gmatch(lost, '%-?%d+') do numbers[#numbers + 1] = tonumber(each) end
  return numbers
end
local settledBefore = answer(KEYS[4], ARGV[1])
if settledBefore then return settledBefore end
local function mismatch(kinds)
  for i = 1, #kinds, 2 do
    local found = redis.call('TYPE', kinds[i]).ok
    if found ~= kinds[i + 1] and found ~= 'none' then
      return redis.error_reply('WRONGTYPE ' .. kinds[i] .. ' is not a ' .. kinds[i + 1])
    end
  end
end
local NEVER = 1000000000000
local function chordAt(key, keep)
  return {
    group = KEYS[key], parts = KEYS[key + 1], extra = KEYS[key + 2], size = KEYS[key + 3],
    seen = KEYS[key + 4], gate = KEYS[key + 5], claim = KEYS[key + 6], keep = keep,
  }
end
local function keepText(chord, key, text)
  if chord.keep == '0' then
    redis.call('SET', key, text)
  else
    redis.call('SET', key, text, 'PX', chord.keep)
  end
end
local function countParts(chord)
  local kind = redis.call('TYPE', chord.parts).ok
  if kind == 'zset' then return redis.call('ZCARD', chord.parts), false end
  if kind == 'list' then return redis.call('LLEN', chord.parts), true end
  return 0, false
end
local COUNTED, YOURS, OVER = 0, 1, 2
local function look(chord)
  chord.count, chord.isList = countParts(chord)
  if chord.count == 0 then
    local wrong = mismatch({ chord.parts, 'zset' })
    if wrong then return wrong end
  end
  local wrong = mismatch({ chord.seen, 'set' })
  if wrong then return wrong end
  local texts = redis.call('MGET', chord.extra, chord.size, chord.gate, chord.claim)
  chord.more, chord.total = tonumber(texts[1] or '0') or 0, tonumber(texts[2] or '')
  chord.gateText, chord.claimText = texts[3] or '', texts[4] or ''
  chord.isAllSeen = redis.call('SCARD', chord.seen) == chord.count
end
local function setClaim(chord, text)
  if text == '' then redis.call('DEL', chord.claim) else keepText(chord, chord.claim, text) end
  chord.claimText = text
end
local function setGate(chord, text, keep)
  if text == '' then
    redis.call('DEL', chord.gate)
  elseif keep then
    redis.call('SET', chord.gate, text, 'PX', keep)
  else
    keepText(chord, chord.gate, text)
  end
  chord.gateText = text
end
local function setMore(chord, more)
  if more > 0 then keepText(chord, chord.extra, string.format('%.0f', more)) else redis.call('DEL', chord.extra) end
  chord.more = more
end
local function putPart(chord, place, value, isFirst)
  local head = string.sub(value, 1, (string.find(value, '", "', 1, true) or 0) + 3)
  if chord.isList then
    if not isFirst then
      for i, old in ipairs(redis.call('LRANGE', chord.parts, 0, -1)) do
        if string.sub(old, 1, #head) == head then return redis.call('LSET', chord.parts, i - 1, value) end
      end
    end
    redis.call('RPUSH', chord.parts, value)
    chord.count = chord.count + 1
    return
  end
  if not isFirst then
    for _, old in ipairs(redis.call('ZRANGEBYSCORE', chord.parts, place, place)) do
      if old ~= value and string.sub(old, 1, #head) == head then
        chord.count = chord.count - redis.call('ZREM', chord.parts, old)
      end
    end
  end
  chord.count = chord.count + redis.call('ZADD', chord.parts, place, value)
end
local function report(chord, task, place, value, hasSucceeded, size)
  local mark, owner = string.sub(chord.claimText, 1, 1), string.sub(chord.claimText, 2)
  if mark == '=' or (mark == '' and chord.gateText == 'done') then return OVER end
  local total, isAnothers = size or chord.total, mark ~= '' and owner ~= task
  if isAnothers and total and chord.count >= total + chord.more % NEVER then return OVER end
  chord.isChanged = true
  putPart(chord, place, value, redis.call('SADD', chord.seen, task .. ':' .. place) == 1 and chord.isAllSeen)
  if isAnothers then return OVER end
  if not hasSucceeded then
    if mark ~= '-' then
      setClaim(chord, '-' .. task)
      setMore(chord, chord.more + NEVER)
      setGate(chord, 'done')
    end
    return YOURS
  end
  if mark == '-' then
    setMore(chord, chord.more - NEVER)
    setClaim(chord, '')
    setGate(chord, '')
  end
  if total and chord.count >= total + chord.more then
    if chord.gateText ~= '' and string.sub(chord.gateText, 1, 4) ~= 'ntq:' then return OVER end
    setClaim(chord, '+' .. task)
    setGate(chord, 'ntq:' .. task, 3000)
    return YOURS
  end
  if mark == '+' then
    setClaim(chord, '')
    setGate(chord, '')
  end
  return COUNTED
end
local function isFarFromEnd(chord, coming)
  if chord.claimText ~= '' or chord.gateText ~= '' or chord.isList or not chord.isAllSeen then return false end
  return not chord.total or chord.count + coming < chord.total + chord.more
end
local function reportAll(chord, names, scored)
  chord.isChanged = true
  if redis.call('SADD', chord.seen, unpack(names)) == #names then
    redis.call('ZADD', chord.parts, unpack(scored))
  else
    for i = 1, #scored, 2 do putPart(chord, scored[i], scored[i + 1], false) end
  end
end
local function finish(chord)
  if chord.keep == '0' or not chord.isChanged then return end
  redis.call('PEXPIRE', chord.parts, chord.keep)
  redis.call('PEXPIRE', chord.seen, chord.keep)
  redis.call('PEXPIRE', chord.size, chord.keep)
  redis.call('PEXPIRE', chord.extra, chord.keep)
  redis.call('PEXPIRE', chord.group, chord.keep)
end
local function writeResult(key, value, keep)
  local written
  if keep == '0' then
    written = redis.call('SET', key, value, 'NX')
  else
    written = redis.call('SET', key, value, 'PX', keep, 'NX')
  end
  if not written and redis.pcall('GETRANGE', key, 0, 19) ~= '{"status": "SUCCESS"' then
    if keep == '0' then
      written = redis.call('SET', key, value)
    else
      written = redis.call('SET', key, value, 'PX', keep)
    end
  end
  if written then redis.call('PUBLISH', key, value) end
end
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash' })
if wrong then return wrong end
local count, chord = #KEYS - 11, chordAt(5, ARGV[2])
wrong = look(chord)
if wrong then return wrong end
if not isFarFromEnd(chord, count) then return { 0 } end
local lost, isLost = {}, {}
if redis.call('HDEL', KEYS[1], unpack(ARGV, 4, 3 + count)) < count then
  local isSeen, scores = {}, redis.call('ZMSCORE', KEYS[2], unpack(ARGV, 4, 3 + count))
  for i = 1, count do
    if not scores[i] or isSeen[ARGV[3 + i]] then
      lost[#lost + 1] = i
      isLost[i] = true
    end
    isSeen[ARGV[3 + i]] = true
  end
end
local names, scored, keep, a = {}, {}, ARGV[3], 4 + count
for i = 1, count do
  if not isLost[i] then
    local place = ARGV[a + 1]
    names[#names + 1] = ARGV[a] .. ':' .. place
    scored[#scored + 1] = place
    scored[#scored + 1] = ARGV[a + 2]
    writeResult(KEYS[11 + i], ARGV[a + 3], keep)
  end
  a = a + 4
end
if #names > 0 then reportAll(chord, names, scored) end
finish(chord)
redis.call('ZREM', KEYS[2], unpack(ARGV, 4, 3 + count))
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HDEL', KEYS[3], unpack(ARGV, 4, 3 + count)) end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HSET', KEYS[4], 'settled', ARGV[1] .. ':' .. table.concat(lost, ','))
end
return lost
`,
);

export const fence = redisScript(
  'fence',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
local deadline = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not deadline then return redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 0 end
if ARGV[2] ~= '1' and tonumber(deadline) > now then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], stamp, ARGV[1])
redis.call('EXPIRE', KEYS[2], 86400)
return 1
`,
);

export const join = redisScript(
  'join',
  `local function answer(worker, number)
  local last = redis.call('HGET', worker, 'settled')
  local before, lost = string.match(last or '', '^(%d+):(.*)$')
  if before ~= number then return nil end
  local numbers = {}
  for each in string.gmatch(lost, '%-?%d+') do numbers[#numbers + 1] = tonumber(each) end
  return numbers
end
local number = ARGV[1]
local answeredBefore = answer(KEYS[4], number)
if answeredBefore then return answeredBefore end
local function mismatch(kinds)
  for i = 1, #kinds, 2 do
    local found = redis.call('TYPE', kinds[i]).ok
    if found ~= kinds[i + 1] and found ~= 'none' then
      return redis.error_reply('WRONGTYPE ' .. kinds[i] .. ' is not a ' .. kinds[i + 1])
    end
  end
end
local NEVER = 1000000000000
local function chordAt(key, keep)
  return {
    group = KEYS[key], parts = KEYS[key + 1], extra = KEYS[key + 2], size = KEYS[key + 3],
    seen = KEYS[key + 4], gate = KEYS[key + 5], claim = KEYS[key + 6], keep = keep,
  }
end
local function keepText(chord, key, text)
  if chord.keep == '0' then
    redis.call('SET', key, text)
  else
    redis.call('SET', key, text, 'PX', chord.keep)
  end
end
local function countParts(chord)
  local kind = redis.call('TYPE', chord.parts).ok
  if kind == 'zset' then return redis.call('ZCARD', chord.parts), false end
  if kind == 'list' then return redis.call('LLEN', chord.parts), true end
  return 0, false
end
local COUNTED, YOURS, OVER = 0, 1, 2
local function look(chord)
  chord.count, chord.isList = countParts(chord)
  if chord.count == 0 then
    local wrong = mismatch({ chord.parts, 'zset' })
    if wrong then return wrong end
  end
  local wrong = mismatch({ chord.seen, 'set' })
  if wrong then return wrong end
  local texts = redis.call('MGET', chord.extra, chord.size, chord.gate, chord.claim)
  chord.more, chord.total = tonumber(texts[1] or '0') or 0, tonumber(texts[2] or '')
  chord.gateText, chord.claimText = texts[3] or '', texts[4] or ''
  chord.isAllSeen = redis.call('SCARD', chord.seen) == chord.count
end
local function setClaim(chord, text)
  if text == '' then redis.call('DEL', chord.claim) else keepText(chord, chord.claim, text) end
  chord.claimText = text
end
local function setGate(chord, text, keep)
  if text == '' then
    redis.call('DEL', chord.gate)
  elseif keep then
    redis.call('SET', chord.gate, text, 'PX', keep)
  else
    keepText(chord, chord.gate, text)
  end
  chord.gateText = text
end
local function setMore(chord, more)
  if more > 0 then keepText(chord, chord.extra, string.format('%.0f', more)) else redis.call('DEL', chord.extra) end
  chord.more = more
end
local function putPart(chord, place, value, isFirst)
  local head = string.sub(value, 1, (string.find(value, '", "', 1, true) or 0) + 3)
  if chord.isList then
    if not isFirst then
      for i, old in ipairs(redis.call('LRANGE', chord.parts, 0, -1)) do
        if string.sub(old, 1, #head) == head then return redis.call('LSET', chord.parts, i - 1, value) end
      end
    end
    redis.call('RPUSH', chord.parts, value)
    chord.count = chord.count + 1
    return
  end
  if not isFirst then
    for _, old in ipairs(redis.call('ZRANGEBYSCORE', chord.parts, place, place)) do
      if old ~= value and string.sub(old, 1, #head) == head then
        chord.count = chord.count - redis.call('ZREM', chord.parts, old)
      end
    end
  end
  chord.count = chord.count + redis.call('ZADD', chord.parts, place, value)
end
local function report(chord, task, place, value, hasSucceeded, size)
  local mark, owner = string.sub(chord.claimText, 1, 1), string.sub(chord.claimText, 2)
  if mark == '=' or (mark == '' and chord.gateText == 'done') then return OVER end
  local total, isAnothers = size or chord.total, mark ~= '' and owner ~= task
  if isAnothers and total and chord.count >= total + chord.more % NEVER then return OVER end
  chord.isChanged = true
  putPart(chord, place, value, redis.call('SADD', chord.seen, task .. ':' .. place) == 1 and chord.isAllSeen)
  if isAnothers then return OVER end
  if not hasSucceeded then
    if mark ~= '-' then
      setClaim(chord, '-' .. task)
      setMore(chord, chord.more + NEVER)
      setGate(chord, 'done')
    end
    return YOURS
  end
  if mark == '-' then
    setMore(chord, chord.more - NEVER)
    setClaim(chord, '')
    setGate(chord, '')
  end
  if total and chord.count >= total + chord.more then
    if chord.gateText ~= '' and string.sub(chord.gateText, 1, 4) ~= 'ntq:' then return OVER end
    setClaim(chord, '+' .. task)
    setGate(chord, 'ntq:' .. task, 3000)
    return YOURS
  end
  if mark == '+' then
    setClaim(chord, '')
    setGate(chord, '')
  end
  return COUNTED
end
local function isFarFromEnd(chord, coming)
  if chord.claimText ~= '' or chord.gateText ~= '' or chord.isList or not chord.isAllSeen then return false end
  return not chord.total or chord.count + coming < chord.total + chord.more
end
local function reportAll(chord, names, scored)
  chord.isChanged = true
  if redis.call('SADD', chord.seen, unpack(names)) == #names then
    redis.call('ZADD', chord.parts, unpack(scored))
  else
    for i = 1, #scored, 2 do putPart(chord, scored[i], scored[i + 1], false) end
  end
end
local function finish(chord)
  if chord.keep == '0' or not chord.isChanged then return end
  redis.call('PEXPIRE', chord.parts, chord.keep)
  redis.call('PEXPIRE', chord.seen, chord.keep)
  redis.call('PEXPIRE', chord.size, chord.keep)
  redis.call('PEXPIRE', chord.extra, chord.keep)
  redis.call('PEXPIRE', chord.group, chord.keep)
end
local function closeChord(chord)
  local texts = redis.call('MGET', chord.claim, chord.size, chord.extra)
  local mark = string.sub(texts[1] or '', 1, 1)
  if mark == '=' then return end
  local count, more = countParts(chord), tonumber(texts[3] or '0') or 0
  redis.call('UNLINK', chord.parts, chord.size, chord.seen)
  local size = tonumber(texts[2] or '')
  keepText(chord, chord.claim, '=' .. count .. '/' .. (size and string.format('%.0f', size + more % NEVER) or ''))
  keepText(chord, chord.gate, 'done')
  if mark == '+' then
    redis.call('DEL', chord.extra)
  else
    keepText(chord, chord.extra, string.format('%.0f', more < NEVER and more + NEVER or more))
  end
end
local function mismatchOfEffects(from, last, key)
  while from <= last do
    local effect = ARGV[from]
    if effect == 'result' then
      from, key = from + 3, key + 1
    elseif effect == 'close' then
      from, key = from + 2, key + 7
    else
      local wrong = mismatch({ KEYS[key], 'list' })
      if wrong then return wrong end
      from, key = from + 2, key + 1
    end
  end
end
local function writeResult(key, value, keep)
  local written
  if keep == '0' then
    written = redis.call('SET', key, value, 'NX')
  else
    written = redis.call('SET', key, value, 'PX', keep, 'NX')
  end
  if not written and redis.pcall('GETRANGE', key, 0, 19) ~= '{"status": "SUCCESS"' then
    if keep == '0' then
      written = redis.call('SET', key, value)
    else
      written = redis.call('SET', key, value, 'PX', keep)
    end
  end
  if written then redis.call('PUBLISH', key, value) end
end
local function carryOut(from, last, key, steps, onlyResults)
  while from <= last do
    local effect = ARGV[from]
    if effect == 'result' then
      writeResult(KEYS[key], ARGV[from + 1], ARGV[from + 2])
      from, key = from + 3, key + 1
    elseif effect == 'close' then
      if not onlyResults then closeChord(chordAt(key, ARGV[from + 1])) end
      from, key = from + 2, key + 7
    else
      if not onlyResults then
        redis.call('LPUSH', KEYS[key], ARGV[from + 1])
        if string.find(KEYS[key], '\\6\\22', 1, true) then redis.call('SADD', steps, KEYS[key]) end
      end
      from, key = from + 2, key + 1
    end
  end
end
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash' })
if wrong then return wrong end
local chords, count = {}, tonumber(ARGV[2])
for i = 1, count do
  chords[i] = chordAt(i * 7 - 1, ARGV[2 + i])
  wrong = look(chords[i])
  if wrong then return wrong end
end
local first, a, k = 3 + count, 3 + count, 6 + 7 * count
while a <= #ARGV do
  local keys, following = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  wrong = mismatchOfEffects(a + 9, a + 2 + following, k)
  if wrong then return wrong end
  a, k = a + 3 + following, k + keys
end
redis.call('HDEL', KEYS[1], '')
local answers, settled, isDone, message = {}, {}, {}, 0
a, k = first, 6 + 7 * count
while a <= #ARGV do
  message = message + 1
  local tag, keys, following, chord = ARGV[a], tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), chords[tonumber(ARGV[a + 3])]
  if isDone[tag] or redis.call('HEXISTS', KEYS[1], tag) == 0 then
    answers[#answers + 1] = message
  else
    isDone[tag] = true
    local size = tonumber(ARGV[a + 8])
    local outcome = report(chord, ARGV[a + 4], ARGV[a + 5], ARGV[a + 6], ARGV[a + 7] == '1', size)
    carryOut(a + 9, a + 2 + following, k, KEYS[5], outcome == YOURS)
    if outcome == YOURS then answers[#answers + 1] = -message else settled[#settled + 1] = tag end
  end
  a, k = a + 3 + following, k + keys
end
for i = 1, count do finish(chords[i]) end
if #settled > 0 then
  redis.call('HDEL', KEYS[1], unpack(settled))
  redis.call('ZREM', KEYS[2], unpack(settled))
  if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HDEL', KEYS[3], unpack(settled)) end
end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('HSET', KEYS[4], 'settled', number .. ':' .. table.concat(answers, ','))
end
return answers
`,
);

export const lookThrough = redisScript(
  'look-through',
  `local tags = redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[1] + 499)
local held, parked, waiting = 0, 0, 0
for _, tag in ipairs(tags) do
  local record = redis.call('HGET', KEYS[1], tag)
  if record and string.sub(record, -#ARGV[2]) == ARGV[2] then
    if redis.call('ZSCORE', KEYS[3], tag) then
      parked = parked + 1
    else
      held = held + 1
    end
  end
end
for k = 4, #KEYS do waiting = waiting + redis.call('LLEN', KEYS[k]) end
return { #tags, held, parked, waiting }
`,
);

export const openReplies = redisScript(
  'open-replies',
  `local now = redis.call('TIME')
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 'GT', now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[3], ARGV[2])
`,
);

export const promote = redisScript(
  'promote',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
local function promote(unacked, index, parked, limit, lists)
  local strays = {}
  local due = redis.call('ZRANGEBYSCORE', parked, '-inf', stamp, 'LIMIT', 0, limit)
  for d = #due, 1, -1 do
    local tag = due[d]
    local record = redis.call('HGET', unacked, tag)
    if not record then
      redis.call('ZREM', parked, tag)
    else
      local step = string.match(tag, '^ntq:[^:]+:(%d+):')
      local home
      for _, list in ipairs(lists) do
        if list.step == step and string.sub(record, -#list.tail) == list.tail then
          home = list
          break
        end
      end
      local kind = home and redis.call('TYPE', home.key).ok
      if kind == 'list' or kind == 'none' then
        redis.call('RPUSH', home.key, string.sub(record, 2, -#home.tail - 1))
        redis.call('HDEL', unacked, tag)
        redis.call('ZREM', index, tag)
        redis.call('ZREM', parked, tag)
      elseif not home then
        strays[#strays + 1] = tag
        strays[#strays + 1] = string.sub(record, -300)
      end
    end
  end
  return strays
end
local lists = {}
for k = 4, #KEYS do
  lists[#lists + 1] = { key = KEYS[k], step = ARGV[2 + (k - 4) * 2], tail = ARGV[3 + (k - 4) * 2] }
end
return promote(KEYS[1], KEYS[2], KEYS[3], tonumber(ARGV[1]), lists)
`,
);

export const publishTick = redisScript(
  'publish-tick',
  `local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'list' and kind ~= 'none' then return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' is not a list') end
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
return 1
`,
);

export const publish = redisScript(
  'publish',
  `local last = redis.call('GET', KEYS[1])
if last and tonumber(last) >= tonumber(ARGV[1]) then return 0 end
for k = 3, #KEYS do
  local kind = redis.call('TYPE', KEYS[k]).ok
  if kind ~= 'list' and kind ~= 'none' then return redis.error_reply('WRONGTYPE ' .. KEYS[k] .. ' is not a list') end
end
local a = 3
for k = 3, #KEYS do
  local step, count = ARGV[a], tonumber(ARGV[a + 1])
  redis.call('LPUSH', KEYS[k], unpack(ARGV, a + 2, a + 1 + count))
  if step ~= '0' then redis.call('SADD', KEYS[2], KEYS[k]) end
  a = a + 2 + count
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
`,
);

export const purgeParked = redisScript(
  'purge-parked',
  `local tags = redis.call('ZRANGE', KEYS[3], ARGV[1], ARGV[1] + 499)
local deleted = 0
for _, tag in ipairs(tags) do
  local record = redis.call('HGET', KEYS[1], tag)
  if record and string.sub(record, -#ARGV[2]) == ARGV[2] then
    redis.call('HDEL', KEYS[1], tag)
    redis.call('ZREM', KEYS[2], tag)
    redis.call('ZREM', KEYS[3], tag)
    deleted = deleted + 1
  end
end
return { #tags, deleted }
`,
);

export const redrive = redisScript(
  'redrive',
  `local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'list' and kind ~= 'none' then return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' is not a list') end
if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[3])
return 1
`,
);

export const renewLease = redisScript(
  'renew-lease',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('HDEL', KEYS[2], '')
redis.call('ZADD', KEYS[1], string.format('%.6f', now + tonumber(ARGV[2])), ARGV[1])
redis.call('EXPIRE', KEYS[2], math.ceil(tonumber(ARGV[2]) * 3))
return 1
`,
);

export const renewOwner = redisScript(
  'renew-owner',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return { 'FENCED' } end
redis.call('HDEL', KEYS[1], '')
local tags = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[2], 'LIMIT', ARGV[4], ARGV[3])
local own, renewed = 'ntq:' .. ARGV[1] .. ':', 0
for _, tag in ipairs(tags) do
  if string.sub(tag, 1, #own) == own then
    redis.call('ZADD', KEYS[2], 'XX', 'GT', stamp, tag)
    renewed = renewed + 1
  end
end
return { 'OK', #tags, renewed }
`,
);

export const renew = redisScript(
  'renew',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return { 'FENCED' } end
redis.call('HDEL', KEYS[1], '')
local reply = { 'OK' }
for a = 2, #ARGV do
  if redis.call('HEXISTS', KEYS[1], ARGV[a]) == 1 then
    redis.call('ZADD', KEYS[2], 'XX', 'GT', stamp, ARGV[a])
  else
    reply[#reply + 1] = a - 1
  end
end
return reply
`,
);

export const reply = redisScript(
  'reply',
  `if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
`,
);

export const restore = redisScript(
  'restore',
  `local owner = ARGV[1]
if owner ~= '' and redis.call('ZSCORE', KEYS[3], owner) then return 0 end
local restored = 0
for a = 3, #ARGV, 3 do
  local tag, text, seen = ARGV[a], ARGV[a + 1], ARGV[a + 2]
  local k = 5 + (a - 3) / 3 * 2
  local isFree = owner ~= ''
  if not isFree then
    local score = redis.call('ZSCORE', KEYS[2], tag)
    isFree = score and tonumber(score) == tonumber(seen)
  end
  local kind = redis.call('TYPE', KEYS[k]).ok
  if isFree and (kind == 'list' or kind == 'none') and redis.call('HDEL', KEYS[1], tag) == 1 then
    redis.call('ZREM', KEYS[2], tag)
    redis.call('RPUSH', KEYS[k], text)
    if ARGV[2] == '0' then
      redis.call('HDEL', KEYS[4], tag)
    elseif owner ~= '' then
      if redis.call('HDEL', KEYS[4], tag) == 1 then
        redis.call('INCR', KEYS[k + 1])
      else
        redis.call('SET', KEYS[k + 1], 1, 'NX')
      end
      redis.call('EXPIRE', KEYS[k + 1], ARGV[2])
    end
    restored = restored + 1
  end
end
return restored
`,
);

export const settle = redisScript(
  'settle',
  `local function answer(worker, number)
  local last = redis.call('HGET', worker, 'settled')
  local before, lost = string.match(last or '', '^(%d+):(.*)$')
  if before ~= number then return nil end
  local numbers = {}
  for each in string.gmatch(lost, '%-?%d+') do numbers[#numbers + 1] = tonumber(each) end
  return numbers
end
local number = ARGV[1]
local settledBefore = answer(KEYS[5], number)
if settledBefore then return settledBefore end
local function mismatch(kinds)
  for i = 1, #kinds, 2 do
    local found = redis.call('TYPE', kinds[i]).ok
    if found ~= kinds[i + 1] and found ~= 'none' then
      return redis.error_reply('WRONGTYPE ' .. kinds[i] .. ' is not a ' .. kinds[i + 1])
    end
  end
end
local NEVER = 1000000000000
local function chordAt(key, keep)
  return {
    group = KEYS[key], parts = KEYS[key + 1], extra = KEYS[key + 2], size = KEYS[key + 3],
    seen = KEYS[key + 4], gate = KEYS[key + 5], claim = KEYS[key + 6], keep = keep,
  }
end
local function keepText(chord, key, text)
  if chord.keep == '0' then
    redis.call('SET', key, text)
  else
    redis.call('SET', key, text, 'PX', chord.keep)
  end
end
local function countParts(chord)
  local kind = redis.call('TYPE', chord.parts).ok
  if kind == 'zset' then return redis.call('ZCARD', chord.parts), false end
  if kind == 'list' then return redis.call('LLEN', chord.parts), true end
  return 0, false
end
local function closeChord(chord)
  local texts = redis.call('MGET', chord.claim, chord.size, chord.extra)
  local mark = string.sub(texts[1] or '', 1, 1)
  if mark == '=' then return end
  local count, more = countParts(chord), tonumber(texts[3] or '0') or 0
  redis.call('UNLINK', chord.parts, chord.size, chord.seen)
  local size = tonumber(texts[2] or '')
  keepText(chord, chord.claim, '=' .. count .. '/' .. (size and string.format('%.0f', size + more % NEVER) or ''))
  keepText(chord, chord.gate, 'done')
  if mark == '+' then
    redis.call('DEL', chord.extra)
  else
    keepText(chord, chord.extra, string.format('%.0f', more < NEVER and more + NEVER or more))
  end
end
local function mismatchOfEffects(from, last, key)
  while from <= last do
    local effect = ARGV[from]
    if effect == 'result' then
      from, key = from + 3, key + 1
    elseif effect == 'close' then
      from, key = from + 2, key + 7
    else
      local wrong = mismatch({ KEYS[key], 'list' })
      if wrong then return wrong end
      from, key = from + 2, key + 1
    end
  end
end
local function writeResult(key, value, keep)
  local written
  if keep == '0' then
    written = redis.call('SET', key, value, 'NX')
  else
    written = redis.call('SET', key, value, 'PX', keep, 'NX')
  end
  if not written and redis.pcall('GETRANGE', key, 0, 19) ~= '{"status": "SUCCESS"' then
    if keep == '0' then
      written = redis.call('SET', key, value)
    else
      written = redis.call('SET', key, value, 'PX', keep)
    end
  end
  if written then redis.call('PUBLISH', key, value) end
end
local function carryOut(from, last, key, steps, onlyResults)
  while from <= last do
    local effect = ARGV[from]
    if effect == 'result' then
      writeResult(KEYS[key], ARGV[from + 1], ARGV[from + 2])
      from, key = from + 3, key + 1
    elseif effect == 'close' then
      if not onlyResults then closeChord(chordAt(key, ARGV[from + 1])) end
      from, key = from + 2, key + 7
    else
      if not onlyResults then
        redis.call('LPUSH', KEYS[key], ARGV[from + 1])
        if string.find(KEYS[key], '\\6\\22', 1, true) then redis.call('SADD', steps, KEYS[key]) end
      end
      from, key = from + 2, key + 1
    end
  end
end
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash', KEYS[4], 'zset' })
if wrong then return wrong end
local message = 0
local a, k = 2, 7
while a <= #ARGV do
  local kind, keys, following = ARGV[a + 1], tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])
  local from, key = a + 4, k
  if kind == 'give' or kind == 'bury' or kind == 'charge' then
    wrong = mismatch({ KEYS[key], 'list' })
    if wrong then return wrong end
    key = key + (kind == 'charge' and 2 or 1)
  end
  from = from + (kind == 'ack' and 0 or kind == 'charge' and 2 or 1)
  wrong = mismatchOfEffects(from, a + 3 + following, key)
  if wrong then return wrong end
  a, k = a + 4 + following, k + keys
end
local lost, settled = {}, {}
a, k = 2, 7
while a <= #ARGV do
  message = message + 1
  local tag, kind, keys, following = ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])
  local from, key, counts = a + 4, k, nil
  if kind == 'park' then
    counts = redis.call('HDEL', KEYS[3], tag) and redis.call('HEXISTS', KEYS[1], tag) == 1
  else
    counts = redis.call('HDEL', KEYS[1], tag) == 1
  end
  if not counts then
    lost[#lost + 1] = message
  else
    if kind == 'park' then
      redis.call('ZADD', KEYS[2], ARGV[from], tag)
      redis.call('ZADD', KEYS[4], ARGV[from], tag)
      from = from + 1
    else
      settled[#settled + 1] = tag
      if kind == 'give' then
        redis.call('RPUSH', KEYS[key], ARGV[from])
        from, key = from + 1, key + 1
      elseif kind == 'charge' then
        redis.call('RPUSH', KEYS[key], ARGV[from])
        redis.call('INCR', KEYS[key + 1])
        redis.call('EXPIRE', KEYS[key + 1], ARGV[from + 1])
        from, key = from + 2, key + 2
      elseif kind == 'bury' then
        redis.call('LPUSH', KEYS[key], ARGV[from])
        from, key = from + 1, key + 1
      end
    end
    carryOut(from, a + 3 + following, key, KEYS[6])
  end
  a, k = a + 4 + following, k + keys
end
if #settled > 0 then
  redis.call('ZREM', KEYS[2], unpack(settled))
  redis.call('HDEL', KEYS[3], unpack(settled))
end
if redis.call('EXISTS', KEYS[5]) == 1 then
  redis.call('HSET', KEYS[5], 'settled', number .. ':' .. table.concat(lost, ','))
end
return lost
`,
);

export const takeWaited = redisScript(
  'take-waited',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
local function mismatch(kinds)
  for i = 1, #kinds, 2 do
    local found = redis.call('TYPE', kinds[i]).ok
    if found ~= kinds[i + 1] and found ~= 'none' then
      return redis.error_reply('WRONGTYPE ' .. kinds[i] .. ' is not a ' .. kinds[i + 1])
    end
  end
end
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[6], 'list' })
if wrong then return wrong end
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return false end
if redis.call('HGET', KEYS[4], 'epoch') ~= ARGV[2] then return false end
if redis.call('SISMEMBER', KEYS[5], ARGV[4]) == 1 then return false end
local text = redis.call('LINDEX', KEYS[6], -1)
if not text or (ARGV[6] ~= '0' and #text > tonumber(ARGV[6])) then return false end
redis.call('ZADD', KEYS[2], stamp, ARGV[3])
redis.call('HSET', KEYS[1], ARGV[3], '[' .. text .. ARGV[5])
redis.call('LTRIM', KEYS[6], 0, -2)
return text
`,
);

export const take = redisScript(
  'take',
  `local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stamp = string.format('%.6f', now)
local function mismatch(kinds)
  for i = 1, #kinds, 2 do
    local found = redis.call('TYPE', kinds[i]).ok
    if found ~= kinds[i + 1] and found ~= 'none' then
      return redis.error_reply('WRONGTYPE ' .. kinds[i] .. ' is not a ' .. kinds[i + 1])
    end
  end
end
local function promote(unacked, index, parked, limit, lists)
  local strays = {}
  local due = redis.call('ZRANGEBYSCORE', parked, '-inf', stamp, 'LIMIT', 0, limit)
  for d = #due, 1, -1 do
    local tag = due[d]
    local record = redis.call('HGET', unacked, tag)
    if not record then
      redis.call('ZREM', parked, tag)
    else
      local step = string.match(tag, '^ntq:[^:]+:(%d+):')
      local home
      for _, list in ipairs(lists) do
        if list.step == step and string.sub(record, -#list.tail) == list.tail then
          home = list
          break
        end
      end
      local kind = home and redis.call('TYPE', home.key).ok
      if kind == 'list' or kind == 'none' then
        redis.call('RPUSH', home.key, string.sub(record, 2, -#home.tail - 1))
        redis.call('HDEL', unacked, tag)
        redis.call('ZREM', index, tag)
        redis.call('ZREM', parked, tag)
      elseif not home then
        strays[#strays + 1] = tag
        strays[#strays + 1] = string.sub(record, -300)
      end
    end
  end
  return strays
end
local owner, number, want, room = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local longest = tonumber(ARGV[6])
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[5], 'zset' })
if wrong then return wrong end
if not redis.call('ZSCORE', KEYS[3], owner) then return { 'FENCED' } end
if redis.call('HGET', KEYS[7], 'epoch') ~= ARGV[2] then return { 'STALE' } end
local lists = {}
for k = 8, #KEYS, 3 do
  local a = 7 + k - 8
  lists[#lists + 1] =
    { head = KEYS[k], key = KEYS[k + 1], dead = KEYS[k + 2], step = ARGV[a], queue = ARGV[a + 1], tail = ARGV[a + 2] }
end
local strays = promote(KEYS[1], KEYS[2], KEYS[5], 64, lists)
local paused, isPaused = redis.call('SMEMBERS', KEYS[4]), {}
for _, queue in ipairs(paused) do isPaused[queue] = true end
local due = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
local bad = {}
local reply = { 'OK', stamp, due[2] or '', paused, strays, bad }
local places, texts = {}, {}
local taken, isFull = 0, false
local buried = {}
local function drain(at, list, key)
  local chunk = 1
  while taken < want and not isFull do
    local asked = math.min(chunk, want - taken)
    local items = redis.pcall('LRANGE', key, -asked, -1)
    if items.err then
      bad[#bad + 1] = key
      return
    end
    local scores, records = {}, {}
    local isBuried = false
    for i = #items, 1, -1 do
      local text = items[i]
      if longest > 0 and #text > longest then
        if #records == 0 then -- else it is the next one of the next chunk
          local moved = redis.pcall('LMOVE', key, list.dead, 'RIGHT', 'LEFT')
          if type(moved) == 'table' then
            bad[#bad + 1] = list.dead
            return
          end
          isBuried = true
          buried[#buried + 1] = list.queue
          buried[#buried + 1] = #text
        end
        break
      end
      if taken > 0 and #text > room then
        isFull = true
        break
      end
      local format = taken == 0 and '%050d' or '%d' -- one long tag makes the index a tree (redis-record.ts)
      local tag = 'ntq:' .. owner .. ':' .. list.step .. ':' .. string.format(format, number)
      number = number + 1
      taken = taken + 1
      room = room - #text
      scores[#scores + 1] = stamp
      scores[#scores + 1] = tag
      records[#records + 1] = tag
      records[#records + 1] = '[' .. text .. list.tail
      places[taken] = at
      texts[taken] = text
    end
    local used = #records / 2
    if used > 0 then
      redis.call('ZADD', KEYS[2], unpack(scores))
      redis.call('HSET', KEYS[1], unpack(records))
      redis.call('LTRIM', key, 0, -used - 1)
      if list.step ~= '0' then redis.call('SADD', KEYS[6], list.key) end
    end
    if #items < asked and used == #items then return end
    chunk = (isBuried or used < #items) and 1 or math.min(chunk * 4, 16)
  end
end
for at, list in ipairs(lists) do
  if taken >= want or isFull then break end
  if not isPaused[list.queue] then
    drain(at, list, list.head)
    drain(at, list, list.key)
  end
end
reply[7] = table.concat(places, ',')
reply[8] = texts -- not as one string: Lua reads each byte of a new one to hash it
reply[9] = buried
return reply
`,
);

export const thoughFull = redisScript(
  'though-full',
  `redis.call('HDEL', KEYS[1], '')
local command = { ARGV[1] }
for k = 2, #KEYS do command[#command + 1] = KEYS[k] end
for a = 2, #ARGV do command[#command + 1] = ARGV[a] end
return redis.call(unpack(command))
`,
);
