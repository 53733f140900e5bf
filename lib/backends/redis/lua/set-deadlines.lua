-- Keeps deadlines.
-- KEYS[1]  when   zset  key -> due, seconds
-- KEYS[2]  texts  hash  key -> text
-- ARGV     key, due, text of each
for a = 1, #ARGV, 3 do
  redis.call('HSET', KEYS[2], ARGV[a], ARGV[a + 2])
  redis.call('ZADD', KEYS[1], ARGV[a + 1], ARGV[a])
end
