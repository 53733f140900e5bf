-- Sends what a schedule entry is due for, unless another scheduler has.
-- KEYS[1]  ntq:tick:<entry>:<due>  string  the claim
-- KEYS[2]  list
-- ARGV[1]  seconds to remember the claim
-- ARGV[2]  text
-- Returns  1 sent; 0 another has this tick
local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'list' and kind ~= 'none' then return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' is not a list') end
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
return 1
