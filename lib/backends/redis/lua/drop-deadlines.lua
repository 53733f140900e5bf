-- KEYS[1]  when   zset  key -> due, seconds
-- KEYS[2]  texts  hash  key -> text
-- ARGV     keys
redis.call('ZREM', KEYS[1], unpack(ARGV))
redis.call('HDEL', KEYS[2], unpack(ARGV))
