-- An error that names the first key that holds something else than it should; nothing where all is right.
local function mismatch(kinds)
  for i = 1, #kinds, 2 do
    local found = redis.call('TYPE', kinds[i]).ok
    if found ~= kinds[i + 1] and found ~= 'none' then
      return redis.error_reply('WRONGTYPE ' .. kinds[i] .. ' is not a ' .. kinds[i + 1])
    end
  end
end
