internal import PluginKit

extension CustomMessage {
  private static let sizes: ClosedRange<Int64> = 1...65_536
  private static let defaultSize = 4_096
  private static let longestName = 64
  private static let mostStored = 16
  /// An interval that is shorter is a flood.
  private static let shortest: Int64 = 1_000_000_000
  /// Names of the core, of this plugin and of others begin so, or are so.
  private static let taken = ["ut_", "lt_", "gr_"]
  private static let core: Set<String> = ["upload_only"]

  /// The message of these settings; nil, and every problem in `problems`, where there are any.
  static func compile(_ settings: Placed<CustomMessageSettings>, path: String, problems: inout [SettingsProblem]) -> CustomMessage? {
    var compiler = Compiler(path: path, place: settings.place)
    let value = settings.value
    let senders = MessageSenders(value.from, name: "\(path).from", problems: &compiler.problems)
    let message = CustomMessage(
      name: compiler.name(value.name), place: settings.place, occasions: value.send.compactMap { compiler.occasion($0) },
      body: compiler.template(value.body, "body"), maximumSize: compiler.size(value.maximumSize), senders: senders,
      reply: compiler.template(value.reply, "reply"), stored: compiler.stored(value.store),
      rate: compiler.rate(value.rate, "rate", MessageRate(count: 60, seconds: 60)),
      sendRate: compiler.rate(value.sendRate, "send-rate", MessageRate(count: 60, seconds: 60)),
      replyRate: compiler.rate(value.replyRate, "reply-rate", MessageRate(count: 6, seconds: 60)))
    compiler.checkWhole(message, value)
    problems += compiler.problems
    return compiler.problems.isEmpty ? message : nil
  }

  /// Compiles the parts and gathers what is wrong with them.
  private struct Compiler {
    let path: String
    let place: String?
    var problems: [SettingsProblem] = []

    init(path: String, place: String?) {
      (self.path, self.place) = (path, place)
    }

    mutating func name(_ name: Placed<String>) -> String {
      let isFit = name.value.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
      if !isFit || !(1...CustomMessage.longestName).contains(name.value.utf8.count) {
        report("name: '\(name.value)' is not of 1 to 64 letters a-z, digits and '_'", name.place)
      } else if CustomMessage.core.contains(name.value) || CustomMessage.taken.contains(where: name.value.hasPrefix) {
        report("name: '\(name.value)' is taken: names that begin with ut_, lt_ or gr_ are", name.place)
      }
      return name.value
    }

    mutating func occasion(_ setting: Placed<CustomMessageSettings.Occasion>) -> CustomMessage.Occasion? {
      switch (setting.value.word, setting.value.event, setting.value.interval) {
      case ("handshake", nil, nil), (nil, "authorized", nil): return .handshake
      case (nil, "interested", nil): return .interested
      case (nil, "finished", nil): return .finished
      case (nil, nil, let interval?): return self.interval(interval, setting.place)
      case (nil, let event?, nil):
        report("send: there is no event '\(event)'; there are: authorized, interested, finished", setting.place)
      default:
        report("send: expected handshake, { event: … } or { interval: 5m }", setting.place)
      }
      return nil
    }

    private mutating func interval(_ text: String, _ place: String?) -> CustomMessage.Occasion? {
      do throws(SettingsProblem) {
        let interval = try AmountText.span(text)
        guard interval >= CustomMessage.shortest else { throw SettingsProblem("an interval is a second or more") }
        return .interval(interval)
      } catch {
        report("send: \(error.message)", place)
        return nil
      }
    }

    mutating func template(_ template: Placed<MessageTemplate>?, _ key: String) -> MessageTemplate? {
      guard let template else { return nil }
      if !template.value.isDictionary {
        report("\(key): a message is a mapping", template.place)
      } else if template.value.depth > MessageTemplate.deepest {
        report("\(key): lists and mappings are at most \(MessageTemplate.deepest) within each other", template.place)
      }
      return template.value
    }

    mutating func size(_ text: Placed<String>?) -> Int {
      guard let text else { return CustomMessage.defaultSize }
      do throws(SettingsProblem) {
        let size = try AmountText.size(text.value)
        guard CustomMessage.sizes.contains(size) else { throw SettingsProblem("a message has at most 64 KiB") }
        return Int(size)
      } catch {
        report("max-size: \(error.message)", text.place)
        return CustomMessage.defaultSize
      }
    }

    mutating func rate(_ text: Placed<String>?, _ key: String, _ standard: MessageRate) -> MessageRate {
      guard let text else { return standard }
      do throws(SettingsProblem) { return try MessageRate(text.value) } catch {
        report("\(key): \(error.message)", text.place)
        return standard
      }
    }

    mutating func stored(_ keys: [Placed<String>]) -> [String] {
      if keys.count > CustomMessage.mostStored {
        report("store: at most \(CustomMessage.mostStored) keys are kept", keys[CustomMessage.mostStored].place)
      }
      return keys.map(\.value)
    }

    /// What one key says of another.
    mutating func checkWhole(_ message: CustomMessage, _ settings: CustomMessageSettings) {
      if settings.body == nil, !settings.send.isEmpty { report("send: there is no 'body' to send", place) }
      if settings.body != nil, settings.send.isEmpty { report("body: nothing says when it is sent ('send')", settings.body?.place) }
      if message.senders.isEmpty, settings.reply != nil || !settings.store.isEmpty {
        report("nobody may send this message ('from' is empty): there is nothing to reply to or to store", place)
      }
    }

    private mutating func report(_ message: String, _ place: String?) {
      problems.append(SettingsProblem("\(path).\(message)", place: place ?? self.place))
    }
  }
}
