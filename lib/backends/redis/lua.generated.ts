// Made of lua/*.lua by test/tools/embed-lua.mjs. Change those.
import { redisScript } from '../../connections/index.js';

export const closeChords = redisScript(
  'close-chords',
  `local NEVER = 1000000000000
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
for i = 1, #ARGV do closeChord(chordAt(i * 7 - 6, ARGV[i])) end
`,
);

export const dropDeadlines = redisScript(
  'drop-deadlines',
  `redis.call('ZREM', KEYS[1], unpack(ARGV))
redis.call('HDEL', KEYS[2], unpack(ARGV))
`,
);

export const dueDeadlines = redisScript(
  'due-deadlines',
  `local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local answer = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local text = redis.call('HGET', KEYS[2], key)
  if text then
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), key)
    answer[#answer + 1] = key
    answer[#answer + 1] = text
  else
    redis.call('ZREM', KEYS[1], key)
  end
end
return answer
`,
);

export const extendChord = redisScript(
  'extend-chord',
  `if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('INCRBY', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
  if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
end
`,
);

export const readChord = redisScript(
  'read-chord',
  `local NEVER = 1000000000000
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
local chord = chordAt(1, '0')
local count, isList = countParts(chord)
local texts = redis.call('MGET', chord.size, chord.extra, chord.claim)
local parts, bytes = {}, 0
if count > 0 then parts = redis.call(isList and 'LRANGE' or 'ZRANGE', chord.parts, ARGV[1], ARGV[2]) end
for i = 1, #parts do bytes = bytes + #parts[i] end
if #parts > 0 and bytes <= tonumber(ARGV[3]) then parts = table.concat(parts, '\\0') end
return { count, texts[1] or '', texts[2] or '', texts[3] or '', parts }
`,
);

export const reportParts = redisScript(
  'report-parts',
  `local function mismatch(kinds)
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
local chords, count = {}, tonumber(ARGV[1])
for i = 1, count do
  chords[i] = chordAt(i * 7 - 6, ARGV[1 + i])
  local wrong = look(chords[i])
  if wrong then return wrong end
end
redis.call('SREM', chords[1].seen, '')
local answers = {}
for a = 2 + count, #ARGV, 6 do
  local chord = chords[tonumber(ARGV[a])]
  answers[#answers + 1] = report(chord, ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4] == '1', tonumber(ARGV[a + 5]))
end
for i = 1, count do finish(chords[i]) end
return answers
`,
);

export const setDeadlines = redisScript(
  'set-deadlines',
  `for a = 1, #ARGV, 3 do
  redis.call('HSET', KEYS[2], ARGV[a], ARGV[a + 2])
  redis.call('ZADD', KEYS[1], ARGV[a + 1], ARGV[a])
end
`,
);

export const storeResults = redisScript(
  'store-results',
  `local refused = {}
local wroteNothing = true
for i, key in ipairs(KEYS) do
  local start = redis.pcall('GETRANGE', key, 0, 19)
  if type(start) == 'table' then
    if not string.find(start.err, 'WRONGTYPE', 1, true) then
      return start
    end
    refused[#refused + 1] = i
  elseif start ~= '{"status": "SUCCESS"' then
    if wroteNothing then
      redis.call('DEL', key)
      wroteNothing = false
    end
    local value = ARGV[1 + i]
    if ARGV[1] == '0' then
      redis.call('SET', key, value)
    else
      redis.call('SET', key, value, 'PX', ARGV[1])
    end
    redis.call('PUBLISH', key, value)
  end
end
return refused
`,
);
