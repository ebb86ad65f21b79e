import NIOCore

extension HTTPClient {
  /// Sends a request and hands over its body line by line as it comes, for commands that follow something.
  ///
  /// The deadline is that of the response's head. Lines end at LF or CRLF; one longer than `limits.body` ends the sequence with an error,
  /// as does a status other than 200 to 299 (`unexpectedStatus`, with the body).
  package func lines(_ request: HTTPRequest, limits: HTTPLimits = HTTPLimits(), deadline: NIODeadline) -> HTTPLines {
    let loop = group.any()
    let opened = connector.connect(request, on: loop, deadline: deadline)
    let lines = HTTPLinesHandler.Producer.makeSequence(
      backPressureStrategy: .init(lowWatermark: 64, highWatermark: 256), finishOnDeinit: false, delegate: HTTPLinesDelegate(channel: opened)
    )
    let giveUp: @Sendable (any Error) -> Void = { error in
      lines.source.finish(HTTPClientError(reading: error, limits: limits))
      opened.whenSuccess { $0.close(promise: nil) }
    }
    let timeout = loop.scheduleTask(deadline: deadline) { giveUp(HTTPClientError.timedOut("\(request.destination)")) }
    let started = opened.flatMapThrowing { channel in
      let handler = HTTPLinesHandler(limits: limits, source: lines.source, onHead: { timeout.cancel() })
      try Self.start(request, on: channel, handler: handler, limits: limits, total: nil)
    }
    started.whenFailure { error in
      timeout.cancel()
      giveUp(error)
    }
    return HTTPLines(lines: lines.sequence)
  }
}

/// The lines of a response, to be iterated once. They are read no faster than they are taken; dropping the sequence or cancelling the
/// task that waits for a line closes the connection. Throws `HTTPClientError`.
package struct HTTPLines: AsyncSequence, Sendable {
  let lines: HTTPLinesHandler.Producer

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(lines: lines.makeAsyncIterator()) }

  package struct AsyncIterator: AsyncIteratorProtocol {
    let lines: HTTPLinesHandler.Producer.AsyncIterator

    package mutating func next() async throws -> String? { try await lines.next() }
  }
}
