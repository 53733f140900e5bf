-- Returns parked messages that are due to lists that the worker does not consume.
-- KEYS[1]  unacked        hash  tag -> record
-- KEYS[2]  unacked_index  zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:parked     zset  tag -> due
-- KEYS[4…] lists
-- ARGV[1]  most messages
-- ARGV[2…] per list: step, end of its records
-- Returns  those that are still without a list: tag, end of the record, …
-- @include now
-- @include promote
local lists = {}
for k = 4, #KEYS do
  lists[#lists + 1] = { key = KEYS[k], step = ARGV[2 + (k - 4) * 2], tail = ARGV[3 + (k - 4) * 2] }
end
return promote(KEYS[1], KEYS[2], KEYS[3], tonumber(ARGV[1]), lists)
