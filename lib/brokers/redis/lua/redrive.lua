-- Moves a dead letter back to a queue, with a clean record.
-- KEYS[1]  list of the dead
-- KEYS[2]  list it goes to
-- KEYS[3]  its losses
-- ARGV[1]  text as it lies there
-- ARGV[2]  text that is sent
-- Returns  1 moved; 0 it was not there any more
local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'list' and kind ~= 'none' then return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' is not a list') end
if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[3])
return 1
