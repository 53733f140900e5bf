-- Moves parked messages whose time has come to the front of their lists, the earliest outermost.
-- lists: array of { key, step, tail }. Returns those whose list is not among them: tag, end of the record.
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
