-- Once, however often it is repeated.
-- KEYS[1]  extra    string  parts beyond the size
-- KEYS[2]  ours     string  that this extension was made
-- ARGV[1]  by how many parts
-- ARGV[2]  milliseconds to keep the chord (0: for ever)
-- ARGV[3]  milliseconds to remember that it was made
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('INCRBY', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
  if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
end
