-- Renews a worker's lease, or enters it for the first time; says what is due. A full server lets it pass: its first write frees.
-- KEYS[1]  ntq:workers         zset  owner -> end of its lease, seconds
-- KEYS[2]  ntq:fenced          zset  owner -> when it was cut off
-- KEYS[3]  ntq:worker:<owner>  hash  about this worker
-- KEYS[4]  ntq:parked          zset  tag -> due
-- KEYS[5]  ntq:paused          set   queues
-- KEYS[6]  ntq:steps           set   lists of a step beyond 0
-- ARGV[1]  owner
-- ARGV[2]  lease, seconds
-- ARGV[3…] field, value … about this worker, written when it enters
-- Returns  status: FENCED, JOINED or OK; then time, own rank, owner whose lease ends first, when, next due time ('' for none), paused queues, lists of a step beyond 0
-- @include now
local owner, lease = ARGV[1], tonumber(ARGV[2])
if redis.call('ZSCORE', KEYS[2], owner) then return { 'FENCED' } end
redis.call('HDEL', KEYS[3], '')
local status = 'OK'
if not redis.call('ZSCORE', KEYS[1], owner) then
  status = 'JOINED'
  redis.call('HSET', KEYS[3], unpack(ARGV, 3))
end
redis.call('ZADD', KEYS[1], string.format('%.6f', now + lease), owner)
-- The entry of one that was killed is not left for ever where no other worker ever looks.
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('EXPIRE', KEYS[3], math.ceil(lease * 3))
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local due = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
return { status, stamp, redis.call('ZRANK', KEYS[1], owner), first[1], first[2], due[2] or '', redis.call('SMEMBERS', KEYS[5]), redis.call('SMEMBERS', KEYS[6]) }
