-- What scripts know of the chords they are about: each has seven keys and stays as long as it was told, from now on.
--   group   string  the saved results of its header, where a client saved them
--   parts   zset    [1, id, state, result], by group index; or a list, with Celery's result_chord_ordered off
--   extra   string  parts beyond the size
--   size    string  how many parts there are, from the client
--   seen    set     id:index of the parts, by which Celery knows since 5.7 what it has counted
--   gate    string  since 5.7: who sends what follows, for a time; "done" when it was sent
--   claim   string  ours: +id or -id, who sends what follows from a success or a failure; =parts/size when it was sent
-- More extra parts than will ever come: what Celery counts never equals the size again, whenever that is written.
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

-- How many parts there are, and whether they are in a list.
local function countParts(chord)
  local kind = redis.call('TYPE', chord.parts).ok
  if kind == 'zset' then return redis.call('ZCARD', chord.parts), false end
  if kind == 'list' then return redis.call('LLEN', chord.parts), true end
  return 0, false
end
