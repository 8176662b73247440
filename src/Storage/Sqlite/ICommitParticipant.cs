namespace Relay.Storage;

/// <summary>Gathers what the units of a group have in common and writes it once before the commit. Called on the writer's thread only.</summary>
internal interface ICommitParticipant
{
    /// <summary>The unit succeeded: what it gathered belongs to the group now.</summary>
    void KeepUnit();

    /// <summary>The unit was rolled back: forget what it gathered.</summary>
    void DropUnit();

    void BeforeCommit(SqliteConnection connection);

    /// <summary>The group is durable; tell who waits for it. Before the units complete.</summary>
    void Committed();

    /// <summary>Nothing of the group happened.</summary>
    void RolledBack();
}
