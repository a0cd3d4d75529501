-- Wireshark dissector of zmesh: ZMTP frames over TCP, and in them control messages, live messages and batches as
-- mesh/wire/PROTOCOL.md has them.
--
--   wireshark -X lua_script:tools/wireshark/zmesh.lua        (or copy it into the folder of personal Lua plugins)
--   tshark -X lua_script:tools/wireshark/zmesh.lua -d tcp.port==5601,zmesh -r capture.pcap -O zmesh
--
-- Connections that begin within the capture are recognised by ZMTP's greeting; others with -d or "Decode As".

local zmesh = Proto("zmesh", "zmesh event mesh")

local fields = {
  what = ProtoField.string("zmesh.what", "What"),
  frame = ProtoField.none("zmesh.frame", "Frame"),
  flags = ProtoField.uint8("zmesh.flags", "Flags", base.HEX),
  size = ProtoField.uint64("zmesh.size", "Size"),
  type = ProtoField.uint8("zmesh.type", "Type"),
  id = ProtoField.uint64("zmesh.id", "Id"),
  session = ProtoField.uint64("zmesh.session", "Session"),
  origin = ProtoField.string("zmesh.origin", "Origin"),
  seq = ProtoField.uint64("zmesh.seq", "Seq"),
  topic = ProtoField.string("zmesh.topic", "Topic"),
  key = ProtoField.string("zmesh.key", "Key"),
  payload = ProtoField.bytes("zmesh.payload", "Payload"),
  field = ProtoField.string("zmesh.field", "Field"),
}
for _, field in pairs(fields) do table.insert(zmesh.fields, field) end

-- Type -> name and the names of the fields behind [version, type, id, session].
local messages = {
  [1] = { "hello", "group", "member", "instance", "prefixes", "start", "policy", "resume" },
  [2] = { "fetch", "epoch", "after", "upto", "slots", "credit", "wait" },
  [3] = { "ack", "epoch", "settled", "verdicts", "held" },
  [4] = { "detach", "epoch", "settled", "verdicts", "untouched" },
  [5] = { "release", "epoch", "slots", "settled" },
  [33] = { "welcome", "origin", "name", "incarnation", "events", "head", "lease", "epoch", "slots", "release",
           "resumed", "position", "settled", "redelivered_through" },
  [34] = { "grant", "head", "epoch", "slots", "release", "position", "settled", "redelivered_through" },
  [35] = { "events", "epoch", "slots", "after", "through", "head", "redelivered_through", "expired" },
  [36] = { "deliver", "epoch", "items" },
  [37] = { "acked", "stale", "head" },
  [38] = { "detached" },
  [39] = { "refused", "code", "text" },
  [40] = { "released", "slots" },
  [65] = { "info request" },
  [66] = { "groups request" },
  [67] = { "parked list request", "group", "filter", "after", "limit" },
  [68] = { "parked command", "kind", "group", "filter", "dry_run" },
  [69] = { "group command", "kind", "group", "start", "dry_run" },
  [97] = { "info", "origin", "name", "incarnation", "events", "head", "dropped_through", "journal_bytes",
           "group_count", "session_count", "version", "time", "journal_bytes_max", "journal_owed_bytes",
           "journal_full_in" },
  [98] = { "group list", "head" },
  [99] = { "parked list", "more", "parked" },
  [100] = { "parked done", "count", "seqs" },
  [101] = { "group done", "floor", "lag", "lag_before", "retries", "parked" },
}
local live_fields = { "origin", "incarnation", "first", "last", "head", "chains", "companions" }
local shown_in_summary = { group = true, member = true, name = true, after = true, through = true, head = true,
                           code = true, text = true, first = true, last = true }

-- One MessagePack value at `at`: its text, and where it ends; nothing when it is cut off or nested too deep.
local function value_at(buffer, at, depth)
  if at >= buffer:len() or depth > 16 then return nil end
  local byte = buffer(at, 1):uint()
  local function has(size) return at + 1 + size <= buffer:len() end
  local function text(start, size)
    if start + size > buffer:len() then return nil end
    if size == 0 then return '""', start end
    return '"' .. buffer(start, size):string() .. '"', start + size
  end
  local function bytes(start, size)
    if start + size > buffer:len() then return nil end
    if size == 0 then return "(no bytes)", start end
    local hex = tostring(buffer(start, math.min(size, 32)):bytes()):lower()
    return hex .. (size > 32 and "..." or ""), start + size
  end
  local function list(start, count, open, close, per)
    local parts = {}
    for index = 1, count * per do
      local part, after = value_at(buffer, start, depth + 1)
      if not part then return nil end
      if #parts < 64 then parts[#parts + 1] = part end
      start = after
    end
    return open .. table.concat(parts, ", ") .. close, start
  end
  local function number(size) return has(size) and buffer(at + 1, size) or nil end

  if byte <= 0x7f then return tostring(byte), at + 1 end
  if byte >= 0xe0 then return tostring(byte - 256), at + 1 end
  if byte <= 0x8f then return list(at + 1, byte - 0x80, "{", "}", 2) end
  if byte <= 0x9f then return list(at + 1, byte - 0x90, "[", "]", 1) end
  if byte <= 0xbf then return text(at + 1, byte - 0xa0) end
  if byte == 0xc0 then return "nil", at + 1 end
  if byte == 0xc2 then return "false", at + 1 end
  if byte == 0xc3 then return "true", at + 1 end
  local sizes = { [0xc4] = 1, [0xc5] = 2, [0xc6] = 4, [0xd9] = 1, [0xda] = 2, [0xdb] = 4, [0xdc] = 2, [0xdd] = 4,
                  [0xde] = 2, [0xdf] = 4 }
  if sizes[byte] then
    local size = number(sizes[byte])
    if not size then return nil end
    local count, start = size:uint(), at + 1 + sizes[byte]
    if count > buffer:len() then return nil end
    if byte <= 0xc6 then return bytes(start, count) end
    if byte <= 0xdb then return text(start, count) end
    if byte <= 0xdd then return list(start, count, "[", "]", 1) end
    return list(start, count, "{", "}", 2)
  end
  if byte == 0xca and has(4) then return tostring(number(4):float()), at + 5 end
  if byte == 0xcb and has(8) then return tostring(number(8):float()), at + 9 end
  local unsigned = { [0xcc] = 1, [0xcd] = 2, [0xce] = 4, [0xcf] = 8 }
  if unsigned[byte] and has(unsigned[byte]) then
    return tostring(number(unsigned[byte]):uint64()), at + 1 + unsigned[byte]
  end
  local signed = { [0xd0] = 1, [0xd1] = 2, [0xd2] = 4, [0xd3] = 8 }
  if signed[byte] and has(signed[byte]) then
    return tostring(number(signed[byte]):int64()), at + 1 + signed[byte]
  end
  return nil
end

-- Count of elements and start of the first, of an array at `at`.
local function array_at(buffer, at)
  if at >= buffer:len() then return nil end
  local byte = buffer(at, 1):uint()
  if byte >= 0x90 and byte <= 0x9f then return byte - 0x90, at + 1 end
  if byte == 0xdc and at + 3 <= buffer:len() then return buffer(at + 1, 2):uint(), at + 3 end
  return nil
end

local function add_named(buffer, at, count, names, tree, summary)
  for index = 1, count do
    local value, after = value_at(buffer, at, 0)
    if not value then return at end
    local name = names[index] or ("field " .. index)
    tree:add(fields.field, buffer(at, after - at), value):set_text(name .. ": " .. value)
    if name == "origin" then tree:add(fields.origin, buffer(at, after - at), value):set_hidden() end
    if shown_in_summary[name] then summary[#summary + 1] = name .. "=" .. value end
    at = after
  end
  return at
end

local function dissect_record(buffer, at, tree, summary)
  local count, first = array_at(buffer, at)
  if count ~= 7 then return nil end
  local _, last = value_at(buffer, at, 0)
  if not last then return nil end
  local record = tree:add(zmesh, buffer(at, last - at), "Record")
  local names = { "seq", "time", "topic", "key", "slot", "headers", "payload" }
  local shown = {}
  at = first
  for _, name in ipairs(names) do
    local value, after = value_at(buffer, at, 0)
    local range = buffer(at, after - at)
    local plain = value:gsub('^"(.*)"$', "%1")
    if name == "seq" then
      record:add(fields.seq, range, UInt64(value)):set_text("seq: " .. value)
      shown[1] = "#" .. value
    elseif name == "topic" or name == "key" then
      if value ~= "nil" then record:add(fields[name], range, plain):set_text(name .. ": " .. plain) end
      if name == "topic" then shown[2] = plain end
    elseif name == "payload" and after - at > 2 then
      record:add(fields.payload, range):set_text("payload: " .. value)
    else
      record:add(fields.field, range, value):set_text(name .. ": " .. value)
    end
    at = after
  end
  record:set_text("Record " .. table.concat(shown, " "))
  if #summary < 8 then summary[#summary + 1] = table.concat(shown, " ") end
  return last
end

local function dissect_batch(buffer, tree, summary)
  local count, at = array_at(buffer, 0)
  local batch = tree:add(zmesh, buffer(), "Batch")
  at = add_named(buffer, at, count, { "format", "origin", "first", "last", "count", "flags", "checksum" }, batch, {})
  while at and at < buffer:len() do at = dissect_record(buffer, at, batch, summary) end
  return "batch"
end

local function dissect_header(buffer, tree, summary)
  local count, at = array_at(buffer, 0)
  local _, type_at = value_at(buffer, at, 0)
  local kind, third_at = value_at(buffer, type_at, 0)
  if not kind then return nil end
  if buffer(third_at, 1):uint() == 0xc4 then
    local name = kind == "2" and "live heartbeat" or "live events"
    local header = tree:add(zmesh, buffer(), "Live header: " .. name)
    add_named(buffer, third_at, count - 2, live_fields, header, summary)
    return name
  end
  local message = messages[tonumber(kind)]
  if not message then return nil end
  local header = tree:add(zmesh, buffer(), "Control message: " .. message[1])
  header:add(fields.type, buffer(type_at, third_at - type_at), tonumber(kind)):append_text(" (" .. message[1] .. ")")
  local id, session_at = value_at(buffer, third_at, 0)
  if not session_at then return message[1] end
  header:add(fields.id, buffer(third_at, session_at - third_at), UInt64(id))
  local session, after = value_at(buffer, session_at, 0)
  if not after then return message[1] end
  header:add(fields.session, buffer(session_at, after - session_at), UInt64(session))
  add_named(buffer, after, count - 4, { table.unpack(message, 2) }, header, summary)
  return message[1]
end

-- What a frame is, it shows by itself; prefixes and subscriptions are what else there is.
local function dissect_body(buffer, flags, tree, summary)
  if buffer:len() == 0 then return "empty" end
  local first = buffer(0, 1):uint()
  if bit.band(flags, 4) ~= 0 then
    local size = first
    local name = size < buffer:len() and buffer(1, size):string() or "?"
    tree:add(fields.what, buffer(), "ZMTP command " .. name)
    return "ZMTP " .. name
  end
  if buffer:len() > 57 and first == 0x97 and buffer(1, 3):bytes():tohex(true) == "01c410" then
    return dissect_batch(buffer, tree, summary)
  end
  local count = array_at(buffer, 0)
  if count and count >= 4 and select(1, value_at(buffer, select(2, array_at(buffer, 0)), 0)) == "1" then
    local name = dissect_header(buffer, tree, summary)
    if name then return name end
  end
  if first <= 1 and bit.band(flags, 1) == 0 then
    local what = (first == 1 and "subscribe " or "unsubscribe ") .. (buffer:len() > 1 and buffer(1):string() or "everything")
    tree:add(fields.what, buffer(), what)
    return what
  end
  tree:add(fields.what, buffer(), "prefix " .. buffer():string())
  return nil
end

-- One ZMTP frame, or the greeting, at `at`: how long it is, or how much more is needed (negative).
local function dissect_frame(buffer, at, tree, info)
  local left = buffer:len() - at
  if buffer(at, 1):uint() == 0xff then
    if left < 64 then return -(64 - left) end
    local text = "ZMTP greeting, version " .. buffer(at + 10, 1):uint() .. "." .. buffer(at + 11, 1):uint()
    tree:add(fields.what, buffer(at, 64), text)
    info[#info + 1] = "greeting"
    return 64
  end
  local flags = buffer(at, 1):uint()
  local head = bit.band(flags, 2) ~= 0 and 9 or 2
  if left < head then return -(head - left) end
  local size = head == 9 and buffer(at + 1, 8):uint64():tonumber() or buffer(at + 1, 1):uint()
  if left < head + size then return -(head + size - left) end
  local frame = tree:add(fields.frame, buffer(at, head + size))
  frame:add(fields.flags, buffer(at, 1))
  frame:add(fields.size, buffer(at + 1, head - 1), UInt64(size))
  local summary = {}
  local name = size == 0 and "empty" or dissect_body(buffer(at + head, size):tvb(), flags, frame, summary)
  frame:set_text("Frame, " .. size .. " bytes" .. (name and ": " .. name or "") .. (bit.band(flags, 1) ~= 0 and ", more follow" or ""))
  if name then info[#info + 1] = name .. (#summary > 0 and " " .. table.concat(summary, " ") or "") end
  return head + size
end

function zmesh.dissector(buffer, pinfo, tree)
  local at = 0
  local info = {}
  local root = tree:add(zmesh, buffer())
  while at < buffer:len() do
    local size = dissect_frame(buffer, at, root, info)
    if size < 0 then
      pinfo.desegment_offset = at
      pinfo.desegment_len = -size
      break
    end
    at = at + size
  end
  if at == 0 then return buffer:len() end
  pinfo.cols.protocol = "zmesh"
  pinfo.cols.info = table.concat(info, "; ")
  root:append_text(", " .. table.concat(info, "; "))
  return buffer:len()
end

-- A connection that begins with ZMTP's signature is ours until it ends.
zmesh:register_heuristic("tcp", function(buffer, pinfo, tree)
  if buffer:len() < 10 or buffer(0, 1):uint() ~= 0xff or buffer(9, 1):uint() ~= 0x7f then return false end
  pinfo.conversation = zmesh
  zmesh.dissector(buffer, pinfo, tree)
  return true
end)

DissectorTable.get("tcp.port"):add_for_decode_as(zmesh)
