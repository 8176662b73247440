using System.Globalization;

namespace Relay.Delivery;

/// <summary>Messages and octets that the store already takes for used: as much may be counted before the counts are written anew. Guarded by the dispatcher's lock.</summary>
/// <remarks>
/// Written is what was counted and, beside it, the reserve. A crash forgets what was counted since; it was no more than the reserve, which counts
/// from the next start on. So a limit is never exceeded, and a crash costs a fiftieth of it at most, or one message.
/// </remarks>
/// <param name="messages">Of a reserve; null where no long limit counts messages.</param>
/// <param name="bytes">The same for octets.</param>
/// <param name="wanted">Told when the counts should be written soon.</param>
internal sealed class BudgetReserve(long? messages, long? bytes, Action wanted)
{
    /// <summary>Of a limit.</summary>
    public const int Share = 50;

    private long _messagesLeft;
    private long _bytesLeft;
    private long _messagesSince;
    private long _bytesSince;
    private long _largest;
    private bool _isWaitedFor;

    /// <summary>It is used up, or soon will be.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>True when a message of this size may be counted; else more is asked for.</summary>
    public bool Covers(long messageBytes)
    {
        if ((messages is null || _messagesLeft >= 1) && (bytes is null || _bytesLeft >= messageBytes))
        {
            return true;
        }

        _largest = Math.Max(_largest, messageBytes);
        _isWaitedFor = true;
        Want();
        return false;
    }

    public void Take(long messageBytes)
    {
        _messagesLeft--;
        _messagesSince++;
        _bytesLeft -= messageBytes;
        _bytesSince += messageBytes;
        if (_messagesLeft * 2 < messages || _bytesLeft * 2 < bytes)
        {
            Want();
        }
    }

    /// <summary>What is to be written now. What is left of the last one stays covered, however the new one is measured.</summary>
    public Amount Begin()
    {
        IsWanted = false;
        _messagesSince = _bytesSince = 0;
        return new Amount(messages is null ? 0 : Math.Max(messages.Value, _messagesLeft), bytes is null ? 0 : Math.Max(Math.Max(bytes.Value, _largest), _bytesLeft));
    }

    /// <summary>It stands in the store.</summary>
    /// <returns>True when mail waits for it.</returns>
    public bool Written(Amount amount)
    {
        _messagesLeft = amount.Messages - _messagesSince;
        _bytesLeft = amount.Bytes - _bytesSince;
        _largest = 0;
        var wasWaitedFor = _isWaitedFor;
        _isWaitedFor = false;
        return wasWaitedFor;
    }

    private void Want()
    {
        if (!IsWanted)
        {
            IsWanted = true;
            wanted();
        }
    }

    internal readonly record struct Amount(long Messages, long Bytes)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Messages}:{Bytes}");

        public static Amount? Parse(string text)
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            return colon > 0
                && long.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var messages)
                && long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                ? new Amount(messages, bytes)
                : null;
        }
    }
}
