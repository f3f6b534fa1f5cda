-- What the guest's LuaJIT does: traces that compile, leave and link; each step prints a line that is the same on every processor.
local bit = require("bit")
local ffi = require("ffi")

local function expect(name, found, wanted)
    if found ~= wanted then error(name .. ": " .. tostring(found) .. ", not " .. tostring(wanted)) end
end

local function hash(text)
    local h = bit.tobit(2166136261)
    for i = 1, #text do
        h = bit.bxor(h, text:byte(i))
        h = bit.tobit(h + bit.lshift(h, 1) + bit.lshift(h, 4) + bit.lshift(h, 7) + bit.lshift(h, 8) + bit.lshift(h, 24))
    end
    return bit.tohex(h)
end

local function bodies(steps)
    local sun = 4 * math.pi ^ 2
    local year = 365.24
    local function body(x, y, z, vx, vy, vz, mass) return { x = x, y = y, z = z, vx = vx * year, vy = vy * year, vz = vz * year, mass = mass * sun } end
    local all = {
        body(0, 0, 0, 0, 0, 0, 1),
        body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
        body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411021, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
        body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
        body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
    }
    for _ = 1, steps do
        for i = 1, #all do
            local a = all[i]
            for k = i + 1, #all do
                local b = all[k]
                local x, y, z = a.x - b.x, a.y - b.y, a.z - b.z
                local square = x * x + y * y + z * z
                local force = 0.01 / (square * math.sqrt(square))
                a.vx, a.vy, a.vz = a.vx - x * b.mass * force, a.vy - y * b.mass * force, a.vz - z * b.mass * force
                b.vx, b.vy, b.vz = b.vx + x * a.mass * force, b.vy + y * a.mass * force, b.vz + z * a.mass * force
            end
        end
        for i = 1, #all do
            local a = all[i]
            a.x, a.y, a.z = a.x + 0.01 * a.vx, a.y + 0.01 * a.vy, a.z + 0.01 * a.vz
        end
    end
    local energy = 0
    for i = 1, #all do
        local a = all[i]
        energy = energy + 0.5 * a.mass * (a.vx ^ 2 + a.vy ^ 2 + a.vz ^ 2)
        for k = i + 1, #all do
            local b = all[k]
            energy = energy - a.mass * b.mass / math.sqrt((a.x - b.x) ^ 2 + (a.y - b.y) ^ 2 + (a.z - b.z) ^ 2)
        end
    end
    return string.format("%.17g", energy)
end

local function pancakes(n)
    local first, flips, sum, most = {}, {}, 0, 0
    local count = {}
    for i = 1, n do first[i] = i end
    local r, sign = n + 1, 1
    while true do
        while r > 2 do r = r - 1 count[r] = r end
        for i = 1, n do flips[i] = first[i] end
        local turned = 0
        while flips[1] ~= 1 do
            local k = flips[1]
            for i = 1, bit.rshift(k, 1) do flips[i], flips[k + 1 - i] = flips[k + 1 - i], flips[i] end
            turned = turned + 1
        end
        if turned > most then most = turned end
        sum = sum + sign * turned
        sign = -sign
        r = 2
        while true do
            if r > n then return sum .. " " .. most end
            local head = first[1]
            for i = 1, r - 1 do first[i] = first[i + 1] end
            first[r] = head
            count[r] = count[r] - 1
            if count[r] > 0 then break end
            r = r + 1
        end
    end
end

local function mandelbrot(size)
    local rows = {}
    for y = 0, size - 1 do
        local row, bits = {}, 0
        for x = 0, size - 1 do
            local cr, ci, zr, zi = 2 * x / size - 1.5, 2 * y / size - 1, 0, 0
            local inside = 1
            for _ = 1, 50 do
                zr, zi = zr * zr - zi * zi + cr, 2 * zr * zi + ci
                if zr * zr + zi * zi > 4 then inside = 0 break end
            end
            bits = bits * 2 + inside
            if x % 8 == 7 then row[#row + 1], bits = string.char(bits), 0 end
        end
        rows[#rows + 1] = table.concat(row)
    end
    return hash(table.concat(rows))
end

local function norm(n)
    local function element(i, k) return 1 / ((i + k - 1) * (i + k - 2) / 2 + i) end
    local u, v, t = {}, {}, {}
    local function times(from, to, turned)
        for i = 1, n do
            local sum = 0
            for k = 1, n do sum = sum + (turned and element(k, i) or element(i, k)) * from[k] end
            to[i] = sum
        end
    end
    for i = 1, n do u[i] = 1 end
    for _ = 1, 6 do
        times(u, t, false) times(t, v, true)
        times(v, t, false) times(t, u, true)
    end
    local uv, vv = 0, 0
    for i = 1, n do uv, vv = uv + u[i] * v[i], vv + v[i] * v[i] end
    return string.format("%.15g", math.sqrt(uv / vv))
end

local function records(n)
    ffi.cdef [[ typedef struct { uint8_t kind; int16_t small; uint32_t word; int64_t wide; float single; double real; } record; ]]
    local all = ffi.new("record[?]", n)
    local seed = 12345
    for i = 0, n - 1 do
        seed = bit.band(seed * 1103 + 12347, 0x7ffffff)
        all[i].kind, all[i].small, all[i].word = seed, seed, seed * 17
        all[i].wide, all[i].single, all[i].real = seed * 1000003LL, seed / 3, seed / 7
    end
    local sum, wide = 0, 0LL
    for round = 1, 8 do
        for i = 0, n - 1 do
            local r = all[i]
            sum = sum + r.kind + r.small / round + r.word % 1000 + r.single / 16 - r.real
            wide = wide * 31 + r.wide % (round + 5)
        end
    end
    return string.format("%.17g %s", sum, tostring(wide))
end

local function texts(n)
    local parts, counts, seed = {}, {}, 7
    for i = 1, n do
        seed = (seed * 1103515245 + 12345) % 2147483648
        parts[i] = string.format("%x:%d;%.6g", seed, seed % 1000, seed / 977)
    end
    local text = table.concat(parts, ",")
    for key, number in text:gmatch("(%x+):(%d+)") do counts[#key] = (counts[#key] or 0) + number end
    table.sort(parts)
    local keys = {}
    for key in pairs(counts) do keys[#keys + 1] = key end
    table.sort(keys)
    local out = {}
    for _, key in ipairs(keys) do out[#out + 1] = key .. "=" .. counts[key] end
    return hash(text:gsub("%d", function(digit) return tostring((digit + 1) % 10) end):reverse()) .. " " .. hash(table.concat(parts)) .. " " .. table.concat(out, " ")
end

local function mathematics(n)
    local sum, text = 0, {}
    for i = 1, n do
        local value = math.sin(i) * math.exp(i / n) + math.log(i) ^ 1.5 + math.atan2(i, 3) + math.fmod(i * 1e10, 7.25) + math.ldexp(i, i % 40 - 20) + math.tanh(i / n)
        sum = sum + value
        if i % 100 == 0 then
            text[#text + 1] = string.format("%.17g", value)
            expect("a number", tonumber(text[#text]), value)
        end
    end
    return string.format("%.17g %s", sum, hash(table.concat(text)))
end

local function coroutines(n)
    local function numbers(from) return coroutine.wrap(function() for i = from, n do coroutine.yield(i) end end) end
    local next_number, count, total = numbers(2), 0, 0
    for number in next_number do
        local ok, failure = pcall(function() if number % 7 == 0 then error({ number = number }) end return number end)
        if ok then total = total + number else count = count + failure.number end
    end
    return count .. " " .. total
end

for _, step in ipairs({
    { "bodies", bodies, 5000 }, { "pancakes", pancakes, 7 }, { "mandelbrot", mandelbrot, 96 }, { "norm", norm, 60 }, { "records", records, 4000 },
    { "texts", texts, 3000 }, { "mathematics", mathematics, 10000 }, { "coroutines", coroutines, 5000 },
}) do
    io.write(step[1], ": ", step[2](step[3]), "\n")
end
