-- wrk -s wrk.lua URL -- METHOD PATH TOKEN FIRST_ID BODY
-- The id of a path that ends with "{id}" counts up from FIRST_ID.
-- TOKEN may be several ones with commas between them: then they take turns.

local head, tail, id
local heads = {}
local turn = 0

function init(arguments)
    local method, path, token, body = arguments[1], arguments[2], arguments[3], arguments[5] or ""
    local prefix = string.match(path, "^(.*){id}$")
    wrk.headers["Authorization"] = "Bearer " .. token
    if #body > 0 then
        wrk.headers["Content-Type"] = "application/json"
        wrk.body = body
    end
    wrk.method = method
    if prefix then
        local whole = wrk.format(method, prefix .. "@")
        head, tail = string.match(whole, "^(.-)@(.*)$")
        id = tonumber(arguments[4]) - 1
    else
        for each in string.gmatch(token, "[^,]+") do
            wrk.headers["Authorization"] = "Bearer " .. each
            heads[#heads + 1] = wrk.format(method, path)
        end
    end
end

function request()
    if not id then
        turn = turn % #heads + 1
        return heads[turn]
    end
    id = id + 1
    return head .. id .. tail
end
