-- Hands over what a wait has brought, to the worker that waited: what take does, for one message of one head. Sent right behind the
-- wait, on its connection, so that it runs as soon as something came.
-- KEYS[1]  unacked             hash  tag -> record
-- KEYS[2]  unacked_index       zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:workers         zset  owner -> end of its lease
-- KEYS[4]  ntq:worker:<owner>  hash  about this worker
-- KEYS[5]  ntq:paused          set   queues
-- KEYS[6]  ntq:head:<list>     list  what waits have brought
-- ARGV[1]  owner
-- ARGV[2]  epoch of its connection
-- ARGV[3]  tag
-- ARGV[4]  queue
-- ARGV[5]  end of its records
-- ARGV[6]  bytes above which it is left to take; 0 for none
-- Returns  the text; nothing where there is none, it is too long, the queue is paused, the worker was cut off or another connection has taken over
-- @include now
-- @include kinds
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[6], 'list' })
if wrong then return wrong end
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return false end
if redis.call('HGET', KEYS[4], 'epoch') ~= ARGV[2] then return false end
if redis.call('SISMEMBER', KEYS[5], ARGV[4]) == 1 then return false end
local text = redis.call('LINDEX', KEYS[6], -1)
if not text or (ARGV[6] ~= '0' and #text > tonumber(ARGV[6])) then return false end
redis.call('ZADD', KEYS[2], stamp, ARGV[3])
redis.call('HSET', KEYS[1], ARGV[3], '[' .. text .. ARGV[5])
redis.call('LTRIM', KEYS[6], 0, -2)
return text
