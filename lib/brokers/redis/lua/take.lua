-- Moves the next messages to a worker: recorded first, removed second. Before that, what is parked and due returns to its list.
-- KEYS[1]  unacked        hash  tag -> record
-- KEYS[2]  unacked_index  zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:workers    zset  owner -> end of its lease
-- KEYS[4]  ntq:paused     set   queues
-- KEYS[5]  ntq:parked     zset  tag -> due
-- KEYS[6]  ntq:steps      set   lists of a step beyond 0
-- KEYS[7]  ntq:worker:<owner>  hash  about this worker
-- KEYS[8…] head, list, list of the dead   in the order of consumption
-- ARGV[1]  owner
-- ARGV[2]  epoch of its connection
-- ARGV[3]  number of the first tag
-- ARGV[4]  most messages; 0 only promotes
-- ARGV[5]  most bytes beyond the first message
-- ARGV[6]  bytes above which a message is not handed out but put with the dead, as it is; 0 for none
-- ARGV[7…] per list: step, queue, end of its records
-- Returns  status: FENCED, STALE (another connection has taken over) or OK; then time, next due time ('' for none), paused queues, strays, lists of a wrong type,
--          numbers of the lists of all messages, from 1; their texts; queue and bytes of each that was put with the dead
-- @include now
-- @include kinds
-- @include promote
local owner, number, want, room = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local longest = tonumber(ARGV[6])
local wrong = mismatch({ KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[5], 'zset' })
if wrong then return wrong end
if not redis.call('ZSCORE', KEYS[3], owner) then return { 'FENCED' } end
if redis.call('HGET', KEYS[7], 'epoch') ~= ARGV[2] then return { 'STALE' } end
local lists = {}
for k = 8, #KEYS, 3 do
  local a = 7 + k - 8
  lists[#lists + 1] =
    { head = KEYS[k], key = KEYS[k + 1], dead = KEYS[k + 2], step = ARGV[a], queue = ARGV[a + 1], tail = ARGV[a + 2] }
end
local strays = promote(KEYS[1], KEYS[2], KEYS[5], 64, lists)
local paused, isPaused = redis.call('SMEMBERS', KEYS[4]), {}
for _, queue in ipairs(paused) do isPaused[queue] = true end
local due = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
local bad = {}
local reply = { 'OK', stamp, due[2] or '', paused, strays, bad }
local places, texts = {}, {}
local taken, isFull = 0, false
local buried = {}

local function drain(at, list, key)
  local chunk = 1
  while taken < want and not isFull do
    local asked = math.min(chunk, want - taken)
    local items = redis.pcall('LRANGE', key, -asked, -1)
    if items.err then
      bad[#bad + 1] = key
      return
    end
    local scores, records = {}, {}
    local isBuried = false
    for i = #items, 1, -1 do
      local text = items[i]
      if longest > 0 and #text > longest then
        if #records == 0 then -- else it is the next one of the next chunk
          local moved = redis.pcall('LMOVE', key, list.dead, 'RIGHT', 'LEFT')
          if type(moved) == 'table' then
            bad[#bad + 1] = list.dead
            return
          end
          isBuried = true
          buried[#buried + 1] = list.queue
          buried[#buried + 1] = #text
        end
        break
      end
      if taken > 0 and #text > room then
        isFull = true
        break
      end
      local format = taken == 0 and '%050d' or '%d' -- one long tag makes the index a tree (redis-record.ts)
      local tag = 'ntq:' .. owner .. ':' .. list.step .. ':' .. string.format(format, number)
      number = number + 1
      taken = taken + 1
      room = room - #text
      scores[#scores + 1] = stamp
      scores[#scores + 1] = tag
      records[#records + 1] = tag
      records[#records + 1] = '[' .. text .. list.tail
      places[taken] = at
      texts[taken] = text
    end
    local used = #records / 2
    if used > 0 then
      redis.call('ZADD', KEYS[2], unpack(scores))
      redis.call('HSET', KEYS[1], unpack(records))
      redis.call('LTRIM', key, 0, -used - 1)
      if list.step ~= '0' then redis.call('SADD', KEYS[6], list.key) end
    end
    if #items < asked and used == #items then return end
    chunk = (isBuried or used < #items) and 1 or math.min(chunk * 4, 16)
  end
end

for at, list in ipairs(lists) do
  if taken >= want or isFull then break end
  if not isPaused[list.queue] then
    drain(at, list, list.head)
    drain(at, list, list.key)
  end
end
reply[7] = table.concat(places, ',')
reply[8] = texts -- not as one string: Lua reads each byte of a new one to hash it
reply[9] = buried
return reply
