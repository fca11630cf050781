import ClientCore
import Primitives
import Transport

/// From a server's name to a connection, and its end.
extension LoopTurns {
    /// Time for the peer to read what was written last.
    private static let lingerSeconds: UInt32 = 1

    mutating func open(_ server: ServerAddress, _ driver: ClientDriver, at now: Instant) {
        driver.forgetConnection()
        driver.socket.lookingUp = server
        if Resolver.isNumeric(server.host) {
            do throws(Resolver.Failure) {
                let addresses = try Resolver.addresses(of: server.host, port: server.port)
                return resolved(driver, addresses, at: now)
            } catch {
                return driver.core.handle(.openFailed("\(error)"), at: now, into: &actions)
            }
        }
        // Somebody else may be waiting for the same name.
        let isAsked = drivers.values.contains { $0 !== driver && $0.socket.lookingUp == server }
        if !isAsked { loop.resolve(server) }
    }

    mutating func resolutionCame(_ resolution: ClientLoop.Resolution, at now: Instant) {
        for driver in drivers.values where driver.socket.lookingUp == resolution.server {
            switch resolution.result {
            case .success(let addresses): resolved(driver, addresses, at: now)
            case .failure(let failure):
                driver.socket.lookingUp = nil
                driver.core.handle(.openFailed("\(failure)"), at: now, into: &actions)
            }
            carryOut(driver, at: now)
        }
    }

    private mutating func resolved(_ driver: ClientDriver, _ addresses: [SocketAddress], at now: Instant) {
        driver.socket.lookingUp = nil
        let first = driver.silentAddresses % max(1, addresses.count)
        driver.socket.addresses = (addresses[first...] + addresses[..<first])[...]
        connectNext(driver, reason: "it has no address", at: now)
    }

    /// Tries the next address; without one, says why the last one failed.
    private mutating func connectNext(_ driver: ClientDriver, reason: String, at now: Instant) {
        guard let address = driver.socket.addresses.popFirst() else {
            return driver.core.handle(.openFailed(reason), at: now, into: &actions)
        }
        do throws(TransportError) {
            driver.socket.descriptor = try Socket.startConnecting(to: address)
            driver.socket.address = address
            driver.socket.isConnecting = true
            driver.socket.watched = nil
        } catch {
            connectNext(driver, reason: "\(error)", at: now)
        }
    }

    mutating func connectingEnded(_ driver: ClientDriver, at now: Instant) {
        guard let address = driver.socket.address else { return }
        if let error = Socket.connectingError(driver.socket.descriptor, to: address) {
            Socket.close(driver.socket.descriptor)
            driver.socket.descriptor = -1
            driver.socket.isConnecting = false
            connectNext(driver, reason: "\(error)", at: now)
        } else {
            driver.socket.isConnecting = false
            driver.core.handle(.opened, at: now, into: &actions)
        }
    }

    /// Ends the connection; what was written last is still read by a peer that reads.
    mutating func close(_ driver: ClientDriver, at now: Instant) {
        let (descriptor, isConnecting) = (driver.socket.descriptor, driver.socket.isConnecting)
        driver.forgetConnection()
        guard descriptor >= 0 else { return }
        guard !isConnecting else {
            driver.silentAddresses += 1
            return Socket.close(descriptor)
        }
        poller.remove(descriptor)
        lingering.add(descriptor, deadline: now.advanced(bySeconds: Self.lingerSeconds), poller: poller)
    }
}
