using Relay.Delivery;
using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>Takes every report and remembers it.</summary>
internal sealed class FakeReportReceiver : IReportReceiver
{
    public List<DeliveryTask> Received { get; } = [];

    public ValueTask<AttemptOutcome> ReceiveAsync(DeliveryTask task, CancellationToken cancellationToken)
    {
        Received.Add(task);
        return ValueTask.FromResult(AttemptOutcome.Delivered("read"));
    }
}

/// <summary>Answers as a test says and remembers what it was given.</summary>
internal sealed class FakeReceivedMailHook : IReceivedMailHook
{
    public List<DeliveryTask> Received { get; } = [];

    public HookAnswer Answer { get; set; } = new(HookVerdict.Taken, "answered 200");

    public ValueTask<HookAnswer> HandOverAsync(DeliveryTask task, CancellationToken cancellationToken)
    {
        Received.Add(task);
        return ValueTask.FromResult(Answer);
    }
}

/// <summary>One key for each purpose.</summary>
internal sealed class FixedTokenKeys : ITokenKeys
{
    public int KeyId { get; set; } = 1;

    public (int KeyId, byte[] Key) Current(string purpose) => (KeyId, Find(KeyId, purpose)!);

    public byte[]? Find(int keyId, string purpose) =>
        keyId <= KeyId ? System.Text.Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{purpose} {keyId}")) : null;
}
