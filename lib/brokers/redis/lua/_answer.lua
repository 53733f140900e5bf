-- The answer that a settlement got before, where it was the last one of its owner.
local function answer(worker, number)
  local last = redis.call('HGET', worker, 'settled')
  local before, lost = string.match(last or '', '^(%d+):(.*)$')
  if before ~= number then return nil end
  local numbers = {}
  for each in string.gmatch(lost, '%-?%d+') do numbers[#numbers + 1] = tonumber(each) end
  return numbers
end
