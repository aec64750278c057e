-- SPDX-License-Identifier: GPL-2.0
--
-- A Wireshark dissector for the frames of samr: on Ethernet by EtherType, over UDP by port.
-- Wireshark has a protocol "samr" of its own (Windows accounts): this one is afsamr.
--
-- What a structure looks like stands in samr_format.lua, which is made from Documentation/wire-format.rst. Here is what
-- goes where: which records there are, what comes behind them, and what is wrong with a frame. A structure is added to
-- the tree field by field, as afsamr.NAME.FIELD; NAME is that of the C structure without "samr_", "rec_" and "_payload".

local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])") or ""
local format = dofile(folder .. "samr_format.lua")
local structs, values, flags, constants = format.structs, format.values, format.flags, format.constants

local samr = Proto("afsamr", "Symmetric Active/Active Replication")
samr.prefs.port = Pref.uint("UDP port", constants.SAMR_UDP_PORT_DEFAULT, "The port of links over UDP")
samr.prefs.crc = Pref.bool("Check the CRC", true, "Compute the CRC32C of frames without a key")

local wrong = {
	short     = ProtoExpert.new("afsamr.wrong.short", "Shorter than a header", expert.group.MALFORMED, expert.severity.ERROR),
	version   = ProtoExpert.new("afsamr.wrong.version", "Another version of the wire format", expert.group.UNDECODED, expert.severity.WARN),
	length    = ProtoExpert.new("afsamr.wrong.length", "The header's length is not the frame's", expert.group.MALFORMED, expert.severity.ERROR),
	crc       = ProtoExpert.new("afsamr.wrong.crc", "CRC32C wrong", expert.group.CHECKSUM, expert.severity.ERROR),
	sealed    = ProtoExpert.new("afsamr.sealed", "With a key: the tag is not checked", expert.group.SECURITY, expert.severity.NOTE),
	header    = ProtoExpert.new("afsamr.wrong.header", "A value that no header has", expert.group.MALFORMED, expert.severity.ERROR),
	record    = ProtoExpert.new("afsamr.wrong.record", "Record malformed", expert.group.MALFORMED, expert.severity.ERROR),
	records   = ProtoExpert.new("afsamr.wrong.records", "Not as many records as the header says", expert.group.MALFORMED, expert.severity.ERROR),
	unknown   = ProtoExpert.new("afsamr.wrong.unknown", "Record of unknown type", expert.group.UNDECODED, expert.severity.WARN),
	reserved  = ProtoExpert.new("afsamr.wrong.reserved", "Reserved, and not zero", expert.group.MALFORMED, expert.severity.WARN),
	payload   = ProtoExpert.new("afsamr.wrong.payload", "The payload is not one of this kind", expert.group.MALFORMED, expert.severity.WARN),
}
samr.experts = wrong

-- ---- fields ----

local function names_of(list)
	local t = {}
	for value, name in pairs(list) do t[value] = name end
	return t
end

local frame_types = { [constants.SAMR_FRAME_CORE] = "CORE", [constants.SAMR_FRAME_LINK] = "LINK",
	[constants.SAMR_FRAME_CLIENT] = "CLIENT" }

-- By "struct.field", or by "field" for all that have it: names for a number, bits with names, or how to show it.
local names = {
	["hdr.type"] = frame_types, ["kind"] = values.SAMR_KIND, ["session.op"] = values.SAMR_SESSION,
	["alarm.op"] = values.SAMR_ALARM, ["stream.end"] = values.SAMR_END, ["place.end"] = values.SAMR_END,
	["carry.what"] = values.SAMR_CARRY, ["link.cast"] = values.SAMR_CAST,
	["return.how"] = { "REPLY", "UNKNOWN", "ENDED" }, ["place.how"] = { "KEEP", "CUT" },
}
local bits = {
	["mflags"] = flags.SAMR_MSG, ["session.flags"] = flags.SAMR_SESSION, ["state_session.flags"] = flags.SAMR_SESSION,
	["lock.flags"] = flags.SAMR_LKF, ["state_lock.flags"] = flags.SAMR_LOCK, ["saved.flags"] = flags.SAMR_SAVED,
	["beat.flags"] = flags.SAMR_BEAT, ["seat.flags"] = flags.SAMR_SEAT, ["answer.flags"] = flags.SAMR_ANSWER,
	["group_member.flags"] = flags.SAMR_ID, ["welcome.flags"] = flags.SAMR_WELCOME, ["pipe.flags"] = flags.SAMR_PIPE,
}
-- Random numbers, and one bit per head.
local hexadecimal = { inc = true, members = true, hears = true, heads = true, founders = true, heard = true, early = true,
	config = true, value = true, tag = true, ["session.id"] = true, ["request.id"] = true, ["state_session.id"] = true,
	["carry.number"] = true }
-- Structures inside others, by field.
local inside = { ballot = "samr_rec_ballot", born = "samr_rec_ballot", accepted = "samr_rec_ballot", saved = "samr_rec_saved" }

local integer = { ProtoField.uint8, ProtoField.uint16, nil, ProtoField.uint32, nil, nil, nil, ProtoField.uint64 }
local fields, all = {}, {}

-- Two structures would have one name: a lock and a session are in a message's payload, and in the replicated state.
local function name_of(struct)
	if struct == "samr_rec_lock" or struct == "samr_rec_session" or struct == "samr_rec_alarm" then
		return struct:gsub("samr_rec_", "state_"), nil
	end
	return (struct:gsub("^samr_", ""):gsub("^link_rec$", "link"):gsub("^rec_", ""):gsub("_payload$", ""))
end

local function new_field(key, name, size)
	local abbr = "afsamr." .. key:gsub("^hdr%.", "")
	local of = names[key] or names[name]
	local list = bits[key] or bits[name]
	if not integer[size] then return ProtoField.bytes(abbr, name) end
	if of then return integer[size](abbr, name, base.DEC, names_of(of)) end
	if list or hexadecimal[key] or hexadecimal[name] then return integer[size](abbr, name, base.HEX) end
	return integer[size](abbr, name, base.DEC)
end

local function add_field(key, field)
	fields[key] = field
	all[#all + 1] = field
end

for struct, list in pairs(structs) do
	local name = name_of(struct)
	for _, f in ipairs(list) do
		local key = name .. "." .. f[1]
		add_field(key, new_field(key, f[1], f[3]))
	end
end
add_field("record", ProtoField.uint8("afsamr.record", "record", base.DEC, names_of(values.SAMR_REC)))
add_field("link_record", ProtoField.uint8("afsamr.link_record", "record", base.DEC, names_of(values.SAMR_LINK_REC)))
add_field("data", ProtoField.bytes("afsamr.data", "bytes"))
add_field("name", ProtoField.string("afsamr.name", "name"))
add_field("value", ProtoField.bytes("afsamr.value", "value"))
add_field("number", ProtoField.uint64("afsamr.number", "number", base.DEC))
add_field("crc", ProtoField.uint32("afsamr.crc", "CRC32C", base.HEX))
add_field("tag", ProtoField.bytes("afsamr.tag", "tag"))
add_field("padding", ProtoField.bytes("afsamr.padding", "padding"))
samr.fields = all

-- ---- structures ----

local function bits_text(list, value)
	local set = {}
	for _, b in ipairs(list) do
		if bit32.band(value, b[1]) ~= 0 then set[#set + 1] = b[2] end
	end
	return #set > 0 and " (" .. table.concat(set, ", ") .. ")" or ""
end

local function heads_text(range)
	local set, raw = {}, range:bytes()
	for id = 0, range:len() * 8 - 1 do
		local byte = raw:get_index(range:len() - 1 - math.floor(id / 8))
		if bit32.btest(byte, bit32.lshift(1, id % 8)) then set[#set + 1] = tostring(id) end
	end
	return " (heads " .. (#set > 0 and table.concat(set, " ") or "none") .. ")"
end

local is_heads = { hears = true, members = true, heads = true, founders = true, heard = true }

local function is_zero(range)
	return range:raw():find("[^%z]") == nil
end

-- Adds the fields of a structure that begins at `at`, all of which is there; returns their values, without those of
-- 8 bytes that no double holds: these are UInt64.
local function add_struct(tree, tvb, struct, at)
	local list, name, got = structs[struct], name_of(struct), {}
	for _, f in ipairs(list) do
		local field, size = f[1], f[3]
		local range, key = tvb(at + f[2], size), name .. "." .. field
		if inside[field] and size == structs[inside[field]].size then
			local sub = tree:add(samr, range, field)
			got[field] = add_struct(sub, tvb, inside[field], at + f[2])
			if got[field].counter then
				sub:append_text(": " .. tostring(got[field].counter) .. " of head " .. tostring(got[field].node))
			end
		elseif field ~= "rec" then
			local item = tree:add(fields[key], range)
			if size == 8 then
				got[field] = range:uint64()
			elseif integer[size] then
				got[field] = range:uint()
			end
			local list_of_bits = bits[key] or bits[field]
			if list_of_bits then item:append_text(bits_text(list_of_bits, got[field])) end
			if is_heads[field] and size == 8 then item:append_text(heads_text(range)) end
			if field:find("^reserved") and not is_zero(range) then item:add_proto_expert_info(wrong.reserved) end
		end
	end
	return got
end

-- One more of a list behind a record, below a line of its own; nil: it is not all there.
local function add_element(tree, tvb, struct, at, last)
	local size = structs[struct].size
	if at + size > last then return nil end
	local sub = tree:add(samr, tvb(at, size), name_of(struct))
	return add_struct(sub, tvb, struct, at), sub
end

-- `count` of them, to the end of the record; false: not so.
local function add_list(tree, tvb, struct, count, at, last)
	for _ = 1, count do
		local got, sub = add_element(tree, tvb, struct, at, last)
		if not got then return false end
		if got.node then sub:append_text(" of head " .. tostring(got.node)) end
		at = at + structs[struct].size
	end
	return at == last
end

local function add_bytes(tree, tvb, at, last)
	if last > at then tree:add(fields.data, tvb(at, last - at)) end
end

-- ---- messages ----

-- The payload of a message, by its kind: a structure, and what comes behind it.
local payload_of = {
	LOCK = "samr_lock_payload", UNLOCK = "samr_lock_payload", SESSION = "samr_session_payload",
	STREAM = "samr_session_payload", CONNECT = "samr_session_payload", REQUEST = "samr_request_payload",
	REPLIES = "samr_replies_payload", RETURN = "samr_return_payload", ALARM = "samr_alarm_payload",
	DIGEST = "samr_digest_payload",
}
local keep_flag
for _, b in ipairs(flags.SAMR_MSG) do
	if b[2]:find("KEEP") then keep_flag = b[1] end
end

-- Name and value of a lock, of which `got` says how long they are.
local function add_lock_texts(tree, tvb, got, at, last)
	if at + got.name_len + got.value_len > last then return nil end
	if got.name_len > 0 then tree:add(fields.name, tvb(at, got.name_len)) end
	at = at + got.name_len
	if got.value_len > 0 then tree:add(fields.value, tvb(at, got.value_len)) end
	return at + got.value_len
end

-- Bytes of a message, from its first one on if `off` is 0; false: they are not such as its kind has.
local function add_payload(tree, tvb, kind, mflags, off, at, last)
	local struct = payload_of[values.SAMR_KIND[kind]]
	if struct == "samr_replies_payload" and bit32.btest(mflags, keep_flag) then
		struct = "samr_place_payload"
	end
	if not struct or off > 0 or at == last then
		add_bytes(tree, tvb, at, last)
		return true
	end
	local got, sub = add_element(tree, tvb, struct, at, last)
	if not got then
		add_bytes(tree, tvb, at, last)
		return false
	end
	at = at + structs[struct].size
	if struct == "samr_lock_payload" then
		return add_lock_texts(sub, tvb, got, at, last) == last
	elseif struct == "samr_digest_payload" then
		if (last - at) % structs.samr_digest_entry.size ~= 0 then return false end
		return add_list(tree, tvb, "samr_digest_entry", (last - at) / structs.samr_digest_entry.size, at, last)
	elseif struct == "samr_request_payload" or struct == "samr_replies_payload" or struct == "samr_return_payload" then
		add_bytes(tree, tvb, at, last)
		return true
	end
	return at == last
end

-- ---- records ----

-- What lies behind a record's structure: (tree, tvb, got, at, last), false: it is malformed.
local function nothing(_, _, _, at, last) return at == last end

local function rest(tree, tvb, _, at, last)
	add_bytes(tree, tvb, at, last)
	return true
end

local function part(tree, tvb, got, at, last)
	add_bytes(tree, tvb, at, last)
	return got.off + (last - at) <= got.total
end

local function message(tree, tvb, got, at, last)
	if got.off + (last - at) > got.total or not values.SAMR_KIND[got.kind] then return false end
	if not add_payload(tree, tvb, got.kind, got.mflags, got.off, at, last) and got.total == last - at then
		tree:add_proto_expert_info(wrong.payload)
	end
	return true
end

local function carried(tree, tvb, got, at, last)
	if got.off + (last - at) > got.total or not values.SAMR_CARRY[got.what] then return false end
	if values.SAMR_CARRY[got.what] == "SUBMIT" then
		add_payload(tree, tvb, got.kind, got.mflags, got.off, at, last)
	else
		add_bytes(tree, tvb, at, last)
	end
	return true
end

local function seats(tree, tvb, got, at, last)
	return got.count >= 1 and add_list(tree, tvb, "samr_rec_seat", got.count, at, last)
end

local function numbers(tree, tvb, got, at, last)
	if got.count * 8 ~= last - at then return false end
	for _ = 1, got.count do
		tree:add(fields.number, tvb(at, 8))
		at = at + 8
	end
	return true
end

local function members(tree, tvb, got, at, last)
	return add_list(tree, tvb, "samr_rec_group_member", got.count, at, last)
end

local function alarms(tree, tvb, got, at, last)
	return add_list(tree, tvb, "samr_rec_alarm", got.count, at, last)
end

local function locks(tree, tvb, got, at, last)
	for _ = 1, got.count do
		local lock, sub = add_element(tree, tvb, "samr_rec_lock", at, last)
		if not lock then return false end
		sub:append_text(lock.name_len > 0 and "" or " (waits)")
		at = add_lock_texts(sub, tvb, lock, at + structs.samr_rec_lock.size, last)
		if not at then return false end
	end
	return at == last
end

-- Each with the places of its open requests, acked + 1 to next - 1; a stream has none.
local stream_flag
for _, b in ipairs(flags.SAMR_SESSION) do
	if b[2] == "STREAM" then stream_flag = b[1] end
end

local function sessions(tree, tvb, got, at, last)
	for _ = 1, got.count do
		local s, sub = add_element(tree, tvb, "samr_rec_session", at, last)
		if not s then return false end
		at = at + structs.samr_rec_session.size
		local open = s.next - s.acked - 1
		if bit32.btest(s.flags, stream_flag) then open = UInt64(0) end
		if open > UInt64(math.floor((last - at) / 8)) then return false end
		for _ = 1, open:tonumber() do
			sub:add(fields.number, tvb(at, 8)):prepend_text("open request at ")
			at = at + 8
		end
	end
	return at == last
end

local padding = function(_, tvb, _, at, last) return last == at or is_zero(tvb(at, last - at)) end

local records = {
	SUBMIT = { "samr_rec_submit", message }, ORDER = { "samr_rec_order", message },
	NACK = { "samr_rec_nack", nothing }, BEAT = { "samr_rec_beat", nothing }, HELLO = { "samr_rec_hello", seats },
	VIEW = { "samr_rec_plan", seats }, ACCEPT = { "samr_rec_plan", seats }, TAKEN = { "samr_rec_plan", seats },
	PREPARE = { "samr_rec_ask", nothing }, ACCEPTED = { "samr_rec_ask", nothing }, REFUSE = { "samr_rec_ask", nothing },
	ANSWER = { "samr_rec_answer", nothing }, DEAD = { "samr_rec_dead", nothing },
	STATE_ASK = { "samr_rec_state_ask", nothing }, STATE = { "samr_rec_state", numbers },
	STATE_GROUP = { "samr_rec_state_group", members }, STATE_LOCKS = { "samr_rec_state_locks", locks },
	STATE_SESSIONS = { "samr_rec_state_locks", sessions }, STATE_ALARMS = { "samr_rec_state_alarms", alarms },
	REPLY_ASK = { "samr_rec_reply_ask", nothing }, REPLY = { "samr_rec_reply", part },
	STREAM_ASK = { "samr_rec_stream_ask", nothing }, STREAM = { "samr_rec_stream", rest },
	BARRIER_ASK = { "samr_rec_barrier", nothing }, BARRIER = { "samr_rec_barrier", nothing },
	QUESTION = { "samr_rec_question", part }, VERDICT = { "samr_rec_verdict", part },
	CREDIT = { "samr_rec_credit", nothing }, CREDIT_ASK = { "samr_rec_credit", nothing },
	KNOCK = { "samr_rec_knock", padding }, WELCOME = { "samr_rec_welcome", padding },
	PIPE = { "samr_rec_pipe", nothing }, CARRY = { "samr_rec_carry", carried },
}
local link_records = {
	PROBE = { "samr_link_rec", padding }, ANSWER = { "samr_link_rec", padding }, PULSE = { "samr_link_pulse", nothing },
}

-- What the column of the packet list says of a record, besides its name.
local function summary(name, got)
	if name == "ORDER" then
		return string.format(" %s = %s:%s g%d %s", got.gseq, got.origin, got.oseq, got.group,
			(values.SAMR_KIND[got.kind] or "?"):lower())
	elseif name == "SUBMIT" then
		return string.format(" %s g%d %s", got.oseq, got.group, (values.SAMR_KIND[got.kind] or "?"):lower())
	elseif name == "NACK" then
		return string.format(" %s..%s", got.first, got.last)
	elseif name == "CARRY" then
		return " " .. (values.SAMR_CARRY[got.what] or "?"):lower()
	elseif name == "VIEW" then
		return string.format(" %s", got.epoch)
	elseif got and got.session and got.request then
		return string.format(" %s:%s", got.session, got.request)
	end
	return ""
end

-- One record; returns where the next one begins, or nil when nothing further can be believed.
local function add_record(tree, tvb, at, last, is_link, told)
	local size = structs.samr_rec.size
	if at + size > last then
		tree:add(samr, tvb(at, last - at), "Record"):add_proto_expert_info(wrong.record)
		return nil
	end
	local kind, len = tvb(at, 1):uint(), tvb(at + 2, 2):uint()
	local list, field = values.SAMR_REC, "record"
	local known = records
	if is_link then list, known, field = values.SAMR_LINK_REC, link_records, "link_record" end
	local name = list[kind]
	local stop = math.min(at + math.max(len, size), last)
	local sub = tree:add(samr, tvb(at, stop - at), name or "Record of type " .. kind)
	sub:add(fields[field], tvb(at, 1))
	local bits_item = sub:add(fields["rec.flags"], tvb(at + 1, 1))
	sub:add(fields["rec.len"], tvb(at + 2, 2))
	if len < size or at + len > last then
		told[#told + 1] = (name or "?") .. " [malformed]"
		sub:add_proto_expert_info(wrong.record)
		return nil
	end
	if not name then
		told[#told + 1] = "?"
		add_bytes(sub, tvb, at + size, stop)
		sub:add_proto_expert_info(wrong.unknown)
		return at + len
	end
	local struct = known[name][1]
	if name == "VIEW" or name == "ACCEPT" or name == "TAKEN" then
		bits_item:append_text(bits_text(flags.SAMR_PLAN, tvb(at + 1, 1):uint()))
	elseif name == "HELLO" then
		bits_item:append_text(" (witness)")
	else
		bits_item:append_text(bits_text(flags.SAMR_REC_F, tvb(at + 1, 1):uint()))
	end
	local behind = structs[struct].size
	local got = len >= behind and add_struct(sub, tvb, struct, at)
	if not got or not known[name][2](sub, tvb, got, at + behind, at + len) then
		told[#told + 1] = name .. " [malformed]"
		sub:add_proto_expert_info(wrong.record)
		return nil
	end
	local said = summary(name, got)
	sub:append_text(said)
	told[#told + 1] = name .. said
	return at + len
end

-- ---- frames ----

local crc_table = {}
for i = 0, 255 do
	local crc = i
	for _ = 1, 8 do
		local low = bit32.band(crc, 1)
		crc = bit32.rshift(crc, 1)
		if low == 1 then crc = bit32.bxor(crc, 0x82F63B78) end
	end
	crc_table[i] = crc
end

local function crc32c(text)
	local crc = 0xFFFFFFFF
	for i = 1, #text do
		crc = bit32.bxor(bit32.rshift(crc, 8), crc_table[bit32.band(bit32.bxor(crc, text:byte(i)), 0xFF)])
	end
	return bit32.bnot(crc)
end

-- The trailer and what lies behind it; false: the bytes of the frame are not those that were sent.
local function add_trailer(tree, tvb, key, len)
	if key ~= 0 then
		local item = tree:add(fields.tag, tvb(len, tvb:len() - len))
		item:add_proto_expert_info(wrong.sealed)
		return true
	end
	local good, item = true, tree:add(fields.crc, tvb(len, constants.SAMR_CRC_LEN))
	if samr.prefs.crc then
		local right = crc32c(tvb:raw(0, len))
		good = tvb(len, 4):uint() == right
		item:append_text(good and " (right)" or string.format(" (wrong: 0x%08x would be right)", right))
		if not good then item:add_proto_expert_info(wrong.crc) end
	end
	local behind = len + constants.SAMR_CRC_LEN
	if tvb:len() > behind then tree:add(fields.padding, tvb(behind)) end
	return good
end

function samr.dissector(tvb, pinfo, root)
	pinfo.cols.protocol = "samr"
	local tree, told = root:add(samr, tvb()), {}
	local size = structs.samr_hdr.size
	if tvb:len() < size then
		tree:add_proto_expert_info(wrong.short)
		pinfo.cols.info = "shorter than a header"
		return tvb:len()
	end
	if tvb(0, 1):uint() ~= constants.SAMR_WIRE_VERSION then
		tree:add(fields["hdr.version"], tvb(0, 1)):add_proto_expert_info(wrong.version)
		pinfo.cols.info = "version " .. tvb(0, 1):uint()
		return tvb:len()
	end
	local head = tree:add(samr, tvb(0, size), "Header")
	local h = add_struct(head, tvb, "samr_hdr", 0)
	local is_link = h.type == constants.SAMR_FRAME_LINK
	tree:append_text(string.format(", %s from %s, epoch %s, ack %s", frame_types[h.type] or "?", h.src, h.epoch, h.ack))
	pinfo.cols.info = string.format("%s > ", h.src)
	if h.len < size or h.len + constants.SAMR_CRC_LEN > tvb:len() then
		head:add_proto_expert_info(wrong.length)
		pinfo.cols.info:append("length wrong")
		return tvb:len()
	end
	if not frame_types[h.type] or h.flags ~= 0 or h.src == UInt64(0) or h.inc == UInt64(0) then
		head:add_proto_expert_info(wrong.header)
	end
	local good = add_trailer(tree, tvb, h.key, h.len)
	local at, count = size, 0
	while at and at < h.len do
		at = add_record(tree, tvb, at, h.len, is_link, told)
		count = count + 1
	end
	if at and count ~= h.records then head:add_proto_expert_info(wrong.records) end
	pinfo.cols.info:append((#told > 0 and table.concat(told, ", ") or "ack " .. tostring(h.ack)) .. (good and "" or " [damaged]"))
	return tvb:len()
end

DissectorTable.get("ethertype"):add(constants.ETHERTYPE, samr)
local at_port = samr.prefs.port
DissectorTable.get("udp.port"):add(at_port, samr)

function samr.prefs_changed()
	if at_port == samr.prefs.port then return end
	DissectorTable.get("udp.port"):remove(at_port, samr)
	at_port = samr.prefs.port
	DissectorTable.get("udp.port"):add(at_port, samr)
end
