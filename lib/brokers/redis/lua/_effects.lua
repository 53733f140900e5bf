-- What goes out with a settlement, each effect with its keys and arguments:
--   result  value, milliseconds to keep it (0: for ever); key: the result's
--   send    text; key: list
--   close   milliseconds to keep the memory of a chord's end; keys: the seven of _chord.lua
-- An error that names a key where a message could not be put.
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

-- @include result

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
        if string.find(KEYS[key], '\6\22', 1, true) then redis.call('SADD', steps, KEYS[key]) end
      end
      from, key = from + 2, key + 1
    end
  end
end
