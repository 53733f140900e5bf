-- Runs a small command on a server that is full as well: only a script's first write is refused there, and this one's takes nothing.
-- KEYS[1]  unacked  hash  tag -> record
-- KEYS[2…] of the command
-- ARGV[1]  command
-- ARGV[2…] its arguments behind the keys
-- Returns  what the command returns
redis.call('HDEL', KEYS[1], '')
local command = { ARGV[1] }
for k = 2, #KEYS do command[#command + 1] = KEYS[k] end
for a = 2, #ARGV do command[#command + 1] = ARGV[a] end
return redis.call(unpack(command))
