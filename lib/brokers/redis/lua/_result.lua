-- Never over SUCCESS.
local function writeResult(key, value, keep)
  local written
  if keep == '0' then
    written = redis.call('SET', key, value, 'NX')
  else
    written = redis.call('SET', key, value, 'PX', keep, 'NX')
  end
  if not written and redis.pcall('GETRANGE', key, 0, 19) ~= '{"status": "SUCCESS"' then
    if keep == '0' then
      written = redis.call('SET', key, value)
    else
      written = redis.call('SET', key, value, 'PX', keep)
    end
  end
  if written then redis.call('PUBLISH', key, value) end
end
