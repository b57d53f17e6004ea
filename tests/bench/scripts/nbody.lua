local sqrt, body = math.sqrt, {}
for i = 1, 5 do
  body[i] = { x = i * 1.3, y = i * -0.7 + 2, z = i * 0.11, vx = 0.1 * i, vy = 0.3 - 0.1 * i, vz = 0, m = 40 / (i * i * i * 8) }
end
for _ = 1, 60000 do
  for i = 1, 5 do
    local a = body[i]
    for j = i + 1, 5 do
      local b = body[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      local d = dx * dx + dy * dy + dz * dz + 0.01
      local m = 0.001 / (d * sqrt(d))
      a.vx, a.vy, a.vz = a.vx - dx * b.m * m, a.vy - dy * b.m * m, a.vz - dz * b.m * m
      b.vx, b.vy, b.vz = b.vx + dx * a.m * m, b.vy + dy * a.m * m, b.vz + dz * a.m * m
    end
  end
  for i = 1, 5 do
    local a = body[i]
    a.x, a.y, a.z = a.x + 0.001 * a.vx, a.y + 0.001 * a.vy, a.z + 0.001 * a.vz
  end
end
print(body[1].x, body[5].z)
