-- Runs the health check of the Argo CD example on Scenarios with conditions of the operator: lua health.lua FILE
local text = io.open(arg[1]):read("a")
local body = text:match("agentic%.ligbox%.io_Scenario: |\n(.*)")
local check = assert(load("return function(obj)\n" .. body .. "\nend"))()

local function scenario(generation, observed, ready, reason)
  local conditions = {{type = "Healthy", status = "False", message = "unhealthy"}}
  if ready then table.insert(conditions, {type = "Ready", status = ready, reason = reason, message = "message"}) end
  return {metadata = {generation = generation}, status = {observedGeneration = observed, conditions = conditions}}
end

local failed = false
local function expect(name, object, status)
  local health = check(object)
  if health.status ~= status then
    print(name .. ": " .. tostring(health.status) .. ", expected " .. status)
    failed = true
  end
end
expect("new", {metadata = {generation = 1}}, "Progressing")
expect("no conditions", {metadata = {generation = 1}, status = {}}, "Progressing")
expect("edited", scenario(2, 1, "True", "Ready"), "Progressing")
expect("only unhealthy", scenario(1, 1), "Progressing")
expect("ready", scenario(1, 1, "True", "Ready"), "Healthy")
expect("invalid", scenario(1, 1, "False", "InvalidCheck"), "Degraded")
expect("suspended", scenario(1, 1, "True", "Suspended"), "Suspended")
os.exit(not failed)
