namespace Relay.Delivery;

/// <summary>Tasks and content in memory, bounded. Not thread safe.</summary>
internal sealed class DeliveryWindow(int maxTasks, long maxBytes)
{
    public int Tasks { get; private set; }

    public long Bytes { get; private set; }

    public int MaxTasks => maxTasks;

    public long MaxBytes => maxBytes;

    /// <summary>Tasks that may still be taken; none while the content is at its bound.</summary>
    public int Room => Bytes >= maxBytes ? 0 : Math.Max(0, maxTasks - Tasks);

    /// <summary>A single content larger than all of the window passes when nothing else is held, else it would never go.</summary>
    public bool HasRoomFor(long bytes) => Tasks < maxTasks && (Bytes + bytes <= maxBytes || Bytes == 0);

    public void Take(int tasks, long bytes)
    {
        Tasks += tasks;
        Bytes += bytes;
    }

    public void Release(int tasks, long bytes)
    {
        Tasks -= tasks;
        Bytes -= bytes;
    }
}
