using Relay.Queue;

namespace Relay.Delivery;

/// <summary>
/// Notes who is being handed over: before the final dot, and again when the peer has answered. After a crash each recipient that was in
/// flight is known as sent, not sent or unknown. Thread safe.
/// </summary>
/// <remarks>Order at start: <see cref="LeftAsync"/>, settle what it tells, <see cref="Start"/>. Before that nothing is noted.</remarks>
public interface IHandoffJournal
{
    /// <summary>
    /// Recipients of an earlier process whose hand-over had begun and was not known to have failed; still leased, so that nobody else
    /// touches them until they are settled.
    /// </summary>
    ValueTask<IReadOnlyList<LeftHandoff>> LeftAsync(CancellationToken cancellationToken);

    /// <summary>What was left is settled: it is forgotten, and notes are taken from now on.</summary>
    void Start();

    /// <summary>Notes that the message is about to be the peer's. Durable when it returns true; false when it could not be written.</summary>
    ValueTask<bool> BeginAsync(LeaseToken lease, IReadOnlyList<long> recipients, HandoffPeer peer);

    /// <summary>Notes what the peer said. A kill cannot take it back; durable with the next note that is begun, at the latest when the outcome is settled.</summary>
    void Answered(LeaseToken lease, IReadOnlyList<long> recipients, HandoffAnswer answer);

    /// <summary>The outcome is in the queue, or the lease was given back: the notes of the lease are not needed any more.</summary>
    void Settled(LeaseToken lease);
}

/// <summary>Where a hand-over goes, as events tell it.</summary>
public sealed record HandoffPeer(string Host, string? Address, string Site, string Source, string? Tls);

/// <summary>What the peer said to one or more recipients.</summary>
/// <param name="IsSent">It has taken the message.</param>
/// <param name="Reply">Its reply; null when it gave none.</param>
public sealed record HandoffAnswer(bool IsSent, Mail.SmtpReply? Reply);

/// <summary>A task of an earlier process, under its old lease, with what is known of each of its recipients.</summary>
/// <param name="Notes">By recipient id, all of the task's.</param>
public sealed record LeftHandoff(DeliveryTask Task, IReadOnlyDictionary<long, HandoffNote> Notes);

/// <param name="Answer">Null: the process ended before an answer was noted, so the peer may have the message or not.</param>
public sealed record HandoffNote(HandoffPeer Peer, HandoffAnswer? Answer);
