import PluginKit

/// What a plugin says of itself.
struct DeclarationChecks {
  let bench: TrialBench

  func run() {
    checkName()
    checkMessages()
    checkSteadiness()
  }

  private func checkName() {
    let name = bench.conformance.name
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "-")
      }
    if !isName { found("a name of lower-case letters, digits and dashes", "'\(name)'") }
    guard !bench.plugin.guards.isEmpty, !bench.conformance.hooks.isEmpty, !bench.conformance.hooks.contains(.judge) else { return }
    bench.log.declares(.judge, Set(bench.conformance.hooks))
  }

  private func checkMessages() {
    let names = (bench.plugin.extendedMessages + [bench.plugin.conversation].compactMap { $0 }).map(\.name)
    if Set(names).count < names.count { found("extended messages of different names", "\(names)") }
    for name in names where name.isEmpty || name.utf8.count > 64 || CleanText.flaw(of: name) != nil {
      found("extended messages with names of 1 to 64 printable bytes", name.debugDescription)
    }
  }

  /// The host asks once, and goes by it.
  private func checkSteadiness() {
    let plugin = bench.plugin
    if plugin.guards != plugin.guards { found("guards that stay what they are", "they change") }
    if plugin.extendedMessages != plugin.extendedMessages { found("extended messages that stay what they are", "they change") }
    if plugin.conversation != plugin.conversation { found("a conversation that stays what it is", "it changes") }
  }

  private func found(_ expected: String, _ happened: String) { bench.log.found(.declaration, nil, expected, happened) }
}
