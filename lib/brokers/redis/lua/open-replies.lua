-- Binds a queue for answers, as kombu does for one that expires.
-- KEYS[1]  bindings of the exchange
-- KEYS[2]  when bindings of exchanges may be swept away
-- ARGV[1]  binding
-- ARGV[2]  exchange
-- ARGV[3]  milliseconds for which it is not to be swept away
-- @source  kombu/transport/redis.py `REFRESH_BINDING`, since 5.7
local now = redis.call('TIME')
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 'GT', now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[3], ARGV[2])
