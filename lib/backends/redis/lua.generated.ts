// Made of lua/*.lua by test/tools/embed-lua.mjs. Change those.
import { redisScript } from '../../connections/index.js';

export const storeResults = redisScript(
  'store-results',
  `local refused = {}
local wroteNothing = true
for i, key in ipairs(KEYS) do
  local start = redis.pcall('GETRANGE', key, 0, 19)
  if type(start) == 'table' then
    if not string.find(start.err, 'WRONGTYPE', 1, true) then
      return start
    end
    refused[#refused + 1] = i
  elseif start ~= '{"status": "SUCCESS"' then
    if wroteNothing then
      redis.call('DEL', key)
      wroteNothing = false
    end
    local value = ARGV[1 + i]
    if ARGV[1] == '0' then
      redis.call('SET', key, value)
    else
      redis.call('SET', key, value, 'PX', ARGV[1])
    end
    redis.call('PUBLISH', key, value)
  end
end
return refused
`,
);
