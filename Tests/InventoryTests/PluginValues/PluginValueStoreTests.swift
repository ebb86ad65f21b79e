import Testing

@testable import Inventory

struct PluginValueStoreTests {
  private func set(_ values: PluginValues, _ key: String, _ bytes: [UInt8]?, lasting: Bool = true) -> Bool {
    values.update(key, lasting: lasting) { $0 = bytes }
  }

  @Test func `What was flushed is there after a restart, and what was to last as long as the process is not`() throws {
    let database = try InventoryDatabase.inMemory()
    let store = PluginValueStore(database: database, now: { .noon })
    let values = try store.values(of: "quota")
    #expect(try store.values(of: "quota") === values)
    #expect(set(values, "a", [1]) && set(values, "b", [2]) && set(values, "c", [3], lasting: false))
    #expect(try set(store.values(of: "quota#2"), "a", [9]))
    #expect(values.pending == 2)
    try store.flush()
    #expect(set(values, "b", nil) && values.pending == 1)
    let early = try PluginValueStore(database: database).values(of: "quota")
    #expect(early.value("a") == [1] && early.value("b") == [2] && early.value("c") == nil)
    try store.flush()
    let late = try PluginValueStore(database: database).values(of: "quota")
    #expect(late.keys == ["a"])
    #expect(try PluginValueStore(database: database).values(of: "quota#2").value("a") == [9])
  }

  @Test func `What a full disk refuses is kept and stored later`() throws {
    let database = try InventoryDatabase.inMemory()
    let store = PluginValueStore(database: database)
    let values = try store.values(of: "quota")
    try database.fill()
    for number in 0..<40 { #expect(set(values, "\(number)", [UInt8](repeating: 7, count: 4000))) }
    #expect(throws: InventoryError.full(place: ":memory:")) { try store.flush() }
    #expect(store.problem != nil && values.pending == 40)
    #expect(set(values, "0", [1]))
    try database.unfill()
    try store.flush()
    #expect(store.problem == nil && values.pending == 0)
    #expect(try database.pluginValues(of: "quota").count == 40)
    #expect(try database.pluginValues(of: "quota")["0"] == [1])
  }

  @Test func `Keys, values and their number are bounded`() {
    let values = PluginValues(plugin: "p", stored: [:])
    #expect(!set(values, "", [1]) && !set(values, String(repeating: "k", count: 513), [1]))
    #expect(!set(values, "a", [UInt8](repeating: 0, count: 4097)) && values.keys.isEmpty)
    for number in 0..<PluginValues.Limit.keys { _ = set(values, "\(number)", [1], lasting: false) }
    #expect(!set(values, "one more", [1]) && set(values, "7", [2]) && set(values, "7", nil) && set(values, "one more", [1]))
  }
}
