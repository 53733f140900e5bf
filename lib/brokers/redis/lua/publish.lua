-- Puts messages into their queues. May be repeated: a number that was done before does nothing.
-- KEYS[1]  ntq:sender:<sender>  string  number of the sender's last batch
-- KEYS[2]  ntq:steps            set     lists of a step beyond 0
-- KEYS[3…] lists
-- ARGV[1]  number of this batch, higher than the one before
-- ARGV[2]  seconds to remember it
-- ARGV[3…] per list: step, how many, texts in their order
-- Returns  1 done; 0 it was done before
local last = redis.call('GET', KEYS[1])
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
