namespace Relay.Storage;

/// <summary>Who goes first when several wait for the writer.</summary>
internal enum WriterLane
{
    /// <summary>Enqueue, lease, settle: mail in motion.</summary>
    Mail = 0,

    /// <summary>Operators and APIs.</summary>
    Interactive = 1,

    /// <summary>Retention and mass acts, in pieces of at most 1,000 rows and 20 ms; one piece per group.</summary>
    Bulk = 2,
}
