-- Adds parts to chords. `look` comes first for each chord, and writes nothing; then `report` for each part, or `reportAll`; then `finish` for each chord.
local COUNTED, YOURS, OVER = 0, 1, 2

-- An error that names the key, where parts could not be added.
local function look(chord)
  chord.count, chord.isList = countParts(chord)
  if chord.count == 0 then
    local wrong = mismatch({ chord.parts, 'zset' })
    if wrong then return wrong end
  end
  local wrong = mismatch({ chord.seen, 'set' })
  if wrong then return wrong end
  -- A key that holds something else than a text counts as missing.
  local texts = redis.call('MGET', chord.extra, chord.size, chord.gate, chord.claim)
  chord.more, chord.total = tonumber(texts[1] or '0') or 0, tonumber(texts[2] or '')
  chord.gateText, chord.claimText = texts[3] or '', texts[4] or ''
  -- Celery before 5.7 says nowhere which parts it has added.
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

-- In the place of one that the same task reported before, unless it is known to be the first.
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
  -- It was missing: the other one may be delivered again, and the chord not end with it.
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
    -- It failed, was delivered again before anything followed from that, and succeeded.
    setMore(chord, chord.more - NEVER)
    setClaim(chord, '')
    setGate(chord, '')
  end
  if total and chord.count >= total + chord.more then
    -- A Python worker is sending what follows.
    if chord.gateText ~= '' and string.sub(chord.gateText, 1, 4) ~= 'ntq:' then return OVER end
    setClaim(chord, '+' .. task)
    -- For a short time, as Celery does: should this worker die, a Python worker that is given the message may go on.
    setGate(chord, 'ntq:' .. task, 3000)
    return YOURS
  end
  if mark == '+' then
    setClaim(chord, '')
    setGate(chord, '')
  end
  return COUNTED
end

-- Whether so many parts that succeeded can be added with nothing to decide.
local function isFarFromEnd(chord, coming)
  if chord.claimText ~= '' or chord.gateText ~= '' or chord.isList or not chord.isAllSeen then return false end
  return not chord.total or chord.count + coming < chord.total + chord.more
end

-- The same parts at once: names are id:index, scored are index, text for each.
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
