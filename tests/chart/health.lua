-- Runs the health check of the Argo CD example on Scenarios as the operator leaves them: lua health.lua FILE
local text = io.open(arg[1]):read("a")
local body = text:match("agentic%.ligbox%.io_Scenario: |\n(.*)")
local check = assert(load("return function(obj)\n" .. body .. "\nend"))()

local function scenario(generation, observed, ready, reason)
  local conditions = {{type = "Healthy", status = "False", message = "unwell"}}
  if ready then table.insert(conditions, {type = "Ready", status = ready, reason = reason, message = "as said"}) end
  return {metadata = {generation = generation}, status = {observedGeneration = observed, conditions = conditions}}
end

local failed = false
local function expect(name, object, status)
  local health = check(object)
  if health.status ~= status then
    print(name .. ": " .. tostring(health.status) .. ", should be " .. status)
    failed = true
  end
end
expect("new", {metadata = {generation = 1}}, "Progressing")
expect("no conditions", {metadata = {generation = 1}, status = {}}, "Progressing")
expect("edited", scenario(2, 1, "True", "Ready"), "Progressing")
expect("only unhealthy", scenario(1, 1), "Progressing")
expect("well", scenario(1, 1, "True", "Ready"), "Healthy")
expect("wrong", scenario(1, 1, "False", "InvalidCheck"), "Degraded")
expect("suspended", scenario(1, 1, "True", "Suspended"), "Suspended")
os.exit(not failed)
