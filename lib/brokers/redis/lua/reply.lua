-- Puts an answer where one waits for it, and nowhere if nobody does.
-- KEYS[1]  bindings of the exchange
-- KEYS[2]  list of the queue for answers
-- ARGV[1]  binding of that queue
-- ARGV[2]  envelope
-- ARGV[3]  milliseconds after which nobody will read it any more
-- Returns  1 put; 0 nobody waits
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
