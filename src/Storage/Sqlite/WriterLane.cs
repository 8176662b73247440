namespace Relay.Storage;

/// <summary>Who goes first when several wait for the writer.</summary>
internal enum WriterLane
{
    /// <summary>Enqueue and lease: mail that somebody waits for.</summary>
    Mail = 0,

    /// <summary>What became of mail: the sooner the better, but nobody outside waits for it (<see cref="WriterSleep"/>).</summary>
    Outcome = 1,

    /// <summary>Operators and APIs.</summary>
    Interactive = 2,

    /// <summary>Retention and mass acts, in pieces of at most 1,000 rows and 20 ms; one piece per group.</summary>
    Bulk = 3,
}
