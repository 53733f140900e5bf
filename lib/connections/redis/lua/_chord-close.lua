-- Closes chords: what follows from them was sent. Frees what they took, as Celery does, but for what keeps it from sending as well.
local function closeChord(chord)
  local texts = redis.call('MGET', chord.claim, chord.size, chord.extra)
  local mark = string.sub(texts[1] or '', 1, 1)
  if mark == '=' then return end
  local count, more = countParts(chord), tonumber(texts[3] or '0') or 0
  -- Of a wide chord, to free them takes longer than all else.
  redis.call('UNLINK', chord.parts, chord.size, chord.seen)
  local size = tonumber(texts[2] or '')
  keepText(chord, chord.claim, '=' .. count .. '/' .. (size and string.format('%.0f', size + more % NEVER) or ''))
  keepText(chord, chord.gate, 'done')
  if mark == '+' then
    redis.call('DEL', chord.extra)
  else
    keepText(chord, chord.extra, string.format('%.0f', more < NEVER and more + NEVER or more))
  end
end
