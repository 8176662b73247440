using Relay.Platform.Templates;
using Relay.Senders;

namespace Relay.Tests.Support;

/// <summary>Templates in memory, under the same contract as SQLite's.</summary>
public sealed class MemoryTemplateStore : ITemplateStore
{
    private readonly Lock _gate = new();
    private readonly List<List<Template>> _templates = [];
    private long _nextId = 1;

    public ValueTask<Template?> AddAsync(Template template, int maxTemplates, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_templates.Count(t => t[^1].AccountId == template.AccountId) >= maxTemplates)
            {
                return ValueTask.FromResult<Template?>(null);
            }

            RequireUnique(template);
            var added = template with { Id = _nextId++ };
            _templates.Add([added]);
            return ValueTask.FromResult<Template?>(added);
        }
    }

    public ValueTask<Template?> FindAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Versions(accountId, uid) is [.., var current] ? current : null);

    public async ValueTask<int?> CurrentVersionAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        (await FindAsync(accountId, uid, cancellationToken))?.Version;

    public ValueTask<TemplatePage> ListAsync(long accountId, int skip, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var all = _templates.Select(t => t[^1]).Where(t => t.AccountId == accountId).OrderByDescending(t => t.Id).ToList();
            var page = all.Skip(skip).Take(limit)
                .Select(t => new TemplateSummary(t.Uid, t.Name, t.Content.Subject, t.Version, t.CreatedAt, t.UpdatedAt));
            return ValueTask.FromResult(new TemplatePage([.. page], all.Count));
        }
    }

    public ValueTask<bool> UpdateAsync(Template template, int keptVersions, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Find(template.AccountId, template.Uid) is not { } versions || versions[^1].Version != template.Version - 1)
            {
                return ValueTask.FromResult(false);
            }

            RequireUnique(template);
            versions.Add(template);
            versions.RemoveAll(v => v.Version <= template.Version - keptVersions);
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<bool> RemoveAsync(long accountId, Guid uid, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Find(accountId, uid) is { } versions && _templates.Remove(versions));
        }
    }

    public ValueTask<IReadOnlyList<TemplateVersionSummary>> VersionsAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<TemplateVersionSummary>>(
        [
            .. Versions(accountId, uid).OrderByDescending(v => v.Version).Select(v => new TemplateVersionSummary(v.Version, v.Name, v.Content.Subject, v.UpdatedAt)),
        ]);

    public ValueTask<Template?> FindVersionAsync(long accountId, Guid uid, int version, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Array.Find(Versions(accountId, uid), v => v.Version == version));

    private Template[] Versions(long accountId, Guid uid)
    {
        lock (_gate)
        {
            return Find(accountId, uid)?.ToArray() ?? [];
        }
    }

    private List<Template>? Find(long accountId, Guid uid) => _templates.Find(t => t[^1].AccountId == accountId && t[^1].Uid == uid);

    private void RequireUnique(Template template)
    {
        if (_templates.Exists(t => t[^1].AccountId == template.AccountId && t[^1].Uid != template.Uid && t[^1].Name == template.Name))
        {
            throw new DuplicateEntryException("taken");
        }
    }
}
