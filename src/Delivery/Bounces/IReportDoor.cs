using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The intake as reports use it: whole content at once, commit by the settle.</summary>
internal interface IReportDoor
{
    /// <exception cref="SpoolException">Nothing was accepted.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was accepted.</exception>
    ValueTask<IntakeResult> AcceptAsync(ReadOnlyMemory<byte> content, Submission submission, CommitStep commit);
}

/// <summary>The door into the queue that everything else takes, too.</summary>
internal sealed class IntakeReportDoor(MessageIntake intake) : IReportDoor
{
    public async ValueTask<IntakeResult> AcceptAsync(ReadOnlyMemory<byte> content, Submission submission, CommitStep commit)
    {
        await using var incoming = intake.Begin();
        await incoming.WriteAsync(content, CancellationToken.None);
        return await intake.AcceptAsync(incoming, submission, commit);
    }
}
