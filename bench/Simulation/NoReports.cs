using Relay.Delivery;
using Relay.Queue;

namespace Relay.Bench.Simulation;

/// <summary>Stands where reports are made: the simulated mail has a null reverse-path, so that there are none.</summary>
internal sealed class NoReports : IReportComposer, IReportDoor, ISpool
{
    public StoreHealth Health => StoreHealth.Healthy;

    public ValueTask ComposeAsync(BounceReport report, Stream output) => throw Unexpected();

    public ValueTask<IntakeResult> AcceptAsync(ReadOnlyMemory<byte> content, Submission submission, CommitStep commit) => throw Unexpected();

    public IContentWriter Begin() => throw Unexpected();

    public ValueTask<Stream> OpenAsync(ContentReference content, CancellationToken cancellationToken) => throw Unexpected();

    public ValueTask DeleteFileAsync(string fileName, CancellationToken cancellationToken) => throw Unexpected();

    public ValueTask<int> SweepAsync(Func<string, ValueTask<bool>> isReferenced, CancellationToken cancellationToken) => throw Unexpected();

    private static InvalidOperationException Unexpected() => new("mail without a reverse-path has no reports");
}
