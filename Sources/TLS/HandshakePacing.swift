import DequeModule
import NIOCore

/// Somebody with a step of a handshake to do, which costs up to a millisecond.
protocol HandshakeStepping: AnyObject {
  func stepHandshake()
}

/// Handshakes take turns with everything else on a loop: one step, then whatever else there is to do, then the next. A storm of new
/// connections makes itself wait, and nobody else. A step that is alone in its turn of the loop is done at once: a timer for each would cost
/// a tenth of the handshake.
final class HandshakePacing {
  private let eventLoop: any EventLoop
  private var waiting: Deque<any HandshakeStepping> = []
  private var isScheduled = false
  /// Whether a step was done in this turn of the loop.
  private var hasStepped = false
  /// Long enough for the loop to look at its sockets: what is due at once would be done before that.
  private static let pause = TimeAmount.microseconds(20)

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  var count: Int { waiting.count }

  /// A step, in turn. Whoever asks has one step at most waiting.
  func enqueue(_ stepper: any HandshakeStepping) {
    guard waiting.isEmpty, !hasStepped else {
      waiting.append(stepper)
      return schedule()
    }
    hasStepped = true
    // Done once the loop has been through with its sockets.
    eventLoop.assumeIsolated().execute { [self] in hasStepped = false }
    stepper.stepHandshake()
  }

  private func schedule() {
    guard !isScheduled, !waiting.isEmpty else { return }
    isScheduled = true
    // A handler runs on its own loop, which is what is assumed here.
    eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
      isScheduled = false
      takeTurn()
    }
  }

  private func takeTurn() {
    waiting.popFirst()?.stepHandshake()
    schedule()
  }
}
