namespace Relay.Platform.Templates;

/// <summary>Templates and their versions, separate for each account. Thread safe; changes are durable when a method returns.</summary>
public interface ITemplateStore
{
    /// <summary>Stores the template as its version 1.</summary>
    /// <returns>The template with its row number; null when the account has <paramref name="maxTemplates"/> already.</returns>
    /// <exception cref="Senders.DuplicateEntryException">The name is taken.</exception>
    ValueTask<Template?> AddAsync(Template template, int maxTemplates, CancellationToken cancellationToken);

    /// <summary>The current version; null when there is none of that id in the account.</summary>
    ValueTask<Template?> FindAsync(long accountId, Guid uid, CancellationToken cancellationToken);

    /// <summary>Number of the current version, without reading it.</summary>
    ValueTask<int?> CurrentVersionAsync(long accountId, Guid uid, CancellationToken cancellationToken);

    /// <summary>Newest template first.</summary>
    ValueTask<TemplatePage> ListAsync(long accountId, int skip, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Makes <paramref name="template"/> the current version if the one before it is current now; of the earlier ones the newest stay,
    /// <paramref name="keptVersions"/> in all.
    /// </summary>
    /// <returns>False when somebody else was faster, or the template is gone.</returns>
    /// <exception cref="Senders.DuplicateEntryException">The name is taken.</exception>
    ValueTask<bool> UpdateAsync(Template template, int keptVersions, CancellationToken cancellationToken);

    /// <summary>Removes the template with all versions.</summary>
    ValueTask<bool> RemoveAsync(long accountId, Guid uid, CancellationToken cancellationToken);

    /// <summary>Newest first; empty when there is no such template.</summary>
    ValueTask<IReadOnlyList<TemplateVersionSummary>> VersionsAsync(long accountId, Guid uid, CancellationToken cancellationToken);

    ValueTask<Template?> FindVersionAsync(long accountId, Guid uid, int version, CancellationToken cancellationToken);
}
