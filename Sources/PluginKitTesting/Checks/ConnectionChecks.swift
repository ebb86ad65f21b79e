import Metainfo
import NIOCore
import PluginKit

/// Connections: whole lives, lives that are cut off at every point, and lives in random orders, several at a time.
struct ConnectionChecks {
  let bench: TrialBench
  private static let blocksTimed = 2048

  private var settings: [PeerTrial.Setting] {
    bench.facts(at: bench.world.now).compactMap { facts in
      facts.artifact.map { PeerTrial.Setting(facts: facts, artifact: $0) }
    }
  }

  private var messages: [ExtendedMessage] { bench.plugin.extendedMessages }

  func run() async {
    for setting in settings {
      var slow = setting
      slow.supportsFast = false
      for setting in [setting, slow] {
        for life in TrialScript(setting, messages: messages).wholes { await live(setting, life, Self.endings[0]) }
      }
    }
    for setting in settings.prefix(1) + settings.filter({ $0.facts.direction == .outbound }).prefix(1) { await cutOff(setting) }
    await atRandom()
    await timeBlocks()
  }

  /// How connections end.
  private static let endings = [
    DisconnectReason(.remote, "the peer closed the connection"), DisconnectReason(.engine, "the node is stopping"),
    DisconnectReason(.protocolViolation, "a message that makes no sense"), DisconnectReason(.policy(plugin: "other"), "refused by another"),
    DisconnectReason(.pluginFault(plugin: "other"), "another plugin threw"),
  ]

  /// The same life, ended at every point: the peer went, the engine wanted it, another plugin of the chain threw.
  private func cutOff(_ setting: PeerTrial.Setting) async {
    guard let events = TrialScript(setting, messages: messages).wholes.first else { return }
    for count in 0..<events.count { await live(setting, Array(events.prefix(count)), Self.endings[count % Self.endings.count]) }
  }

  private func atRandom() async {
    let (settings, messages) = (settings, messages)
    guard !settings.isEmpty else { return }
    await withTaskGroup(of: Void.self) { group in
      for life in 0..<bench.limits.lives {
        group.addTask {
          var random = TrialGenerator(seed: bench.limits.seed &+ UInt64(life))
          var setting = settings[life % settings.count]
          (setting.supportsFast, setting.supportsExtensions) = (life % 3 != 0, life % 5 != 0)
          let events = TrialScript(setting, messages: messages).shuffled(&random)
          await live(setting, events, Self.endings[life % Self.endings.count])
        }
        // A few at a time, on all loops.
        if life >= 8 { await group.next() }
      }
    }
  }

  /// One connection from its beginning to its end, on a loop of its own.
  private func live(_ setting: PeerTrial.Setting, _ events: [TrialEvent], _ ending: DisconnectReason) async {
    let bench = bench
    let loop = PluginConformance.loops.next()
    let trial = try? await loop.submit {
      let trial = PeerTrial(bench, setting, on: loop)
      trial.begin()
      for event in events where trial.isAttended { trial.play(event) }
      trial.settle()
      return NIOLoopBound(trial, eventLoop: loop)
    }.get()
    guard let trial else { return }
    await settle(trial, loop)
    _ = try? await loop.submit { trial.value.end(ending) }.get()
    await checkRelease(trial, loop)
  }

  /// What is owed may be on its way from another thread.
  private func settle(_ trial: NIOLoopBound<PeerTrial>, _ loop: any EventLoop) async {
    let owed = await wait(loop) { trial.value.debts.isEmpty ? nil : trial.value.debts.first }
    guard let owed else { return }
    bench.log.found(.debt, .onRequest, "a request that it handles to be paid or rejected", "\(owed) is still owed after a minute")
  }

  private func checkRelease(_ trial: NIOLoopBound<PeerTrial>, _ loop: any EventLoop) async {
    let isKept = await wait(loop) { trial.value.isReleased ? nil : true }
    guard isKept != nil else { return }
    bench.log.found(.release, .onDisconnect, "what it had for a connection to go with it", "it is held after on_disconnect")
  }

  /// Waits until there is nothing any more; gives what there is still at the end of its patience.
  private func wait<Value: Sendable>(_ loop: any EventLoop, _ look: @escaping @Sendable () -> Value?) async -> Value? {
    let deadline = ContinuousClock.now + bench.limits.settling
    while let value = try? await loop.submit(look).get() {
      guard ContinuousClock.now < deadline else { return value }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return nil
  }

  /// The hooks that run for each block.
  private func timeBlocks() async {
    guard var setting = settings.first else { return }
    setting.isTimed = true
    let (bench, timed, loop) = (bench, setting, PluginConformance.loops.next())
    _ = try? await loop.submit {
      let trial = PeerTrial(bench, timed, on: loop)
      trial.begin()
      trial.play(.handshake)
      let block = Block(piece: 0, offset: 0, length: UInt32(min(Block.standardLength, timed.artifact.layout.length(ofPiece: 0) ?? 0)))
      for _ in 0..<Self.blocksTimed where trial.isAttended { trial.play(.request(block)) }
      for (hook, times) in trial.blocks { bench.log.blocks(hook, times) }
      trial.end(Self.endings[0])
    }.get()
  }
}
