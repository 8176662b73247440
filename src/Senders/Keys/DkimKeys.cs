using System.Collections.Frozen;
using System.Security.Cryptography;
using Relay.Dkim;
using Relay.Mail;

namespace Relay.Senders;

/// <summary>Makes, lists and retires the signing keys of domains, and hands out the active ones imported and cached. Thread safe.</summary>
/// <remarks>
/// New keys wait until their records were seen in DNS (<see cref="DkimRotation"/>, or the check of an account's domain), unless the operator answers
/// for them. Until then the older keys of the domain sign, or those of its parents; without any its mail goes unsigned.
/// A domain with configured key files uses these and not the store. Keys are never disposed here: a message may be signing with
/// them when they leave the cache, so the garbage collector ends them (<see cref="DkimKey"/>).
/// </remarks>
public sealed class DkimKeys(
    IDkimKeyStore store, KeyRing keyRing, IAuditStore audit, TimeProvider timeProvider, IReadOnlyList<DkimKeyFile>? files = null)
    : IDkimKeySource
{
    /// <summary>Purpose under which the key ring seals them.</summary>
    public const string SealingPurpose = "dkim";

    private const int MaxCachedDomains = 20_000;

    // Each key adds a field to every message: two pairs, the old and the new one, and a reserve.
    private const int MaxKeysPerMessage = 8;

    // The domain itself and its parents; deeper names than this have no keys of their own in practice.
    private const int MaxLevels = 8;

    // Changes made here take effect at once; this bounds how long a change by another process stays unseen.
    private static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(60);

    private readonly IReadOnlyList<DkimKeyFile> _files = files ?? [];
    private readonly BoundedTable<CachedKeys> _cache = new(MaxCachedDomains);
    private volatile FrozenDictionary<string, IReadOnlyList<DkimKey>> _fromFiles = FrozenDictionary<string, IReadOnlyList<DkimKey>>.Empty;
    private volatile int _generation;
    private IReadOnlyList<string> _unopenable = [];

    /// <inheritdoc/>
    /// <exception cref="CryptographicException">A key cannot be opened: the key ring lacks its master key.</exception>
    public async ValueTask<IReadOnlyList<DkimKey>> FindActiveAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var name = domain.Ascii;
        for (var level = 0; level < MaxLevels; level++)
        {
            var keys = _fromFiles.TryGetValue(name, out var configured) ? configured : await FindStoredAsync(name, cancellationToken);
            var dot = name.IndexOf('.', StringComparison.Ordinal);

            // A top-level domain is no parent anybody signs for.
            if (keys.Count > 0 || dot < 0 || name.IndexOf('.', dot + 1) < 0)
            {
                return keys;
            }

            name = name[(dot + 1)..];
        }

        return [];
    }

    /// <summary>Reads the configured key files, all or none: on any fault the keys in force stay.</summary>
    /// <exception cref="FormatException">A file holds no usable key, or another kind of key than configured.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public async ValueTask ReloadAsync(CancellationToken cancellationToken)
    {
        var keys = new Dictionary<string, List<DkimKey>>(StringComparer.Ordinal);
        foreach (var file in _files)
        {
            var key = await ReadAsync(file, cancellationToken);
            if (!keys.TryGetValue(key.Domain, out var ofDomain))
            {
                keys.Add(key.Domain, ofDomain = []);
            }

            ofDomain.Add(key);
        }

        _fromFiles = keys.ToFrozenDictionary(pair => pair.Key, pair => (IReadOnlyList<DkimKey>)pair.Value, StringComparer.Ordinal);
        Invalidate();
    }

    /// <summary>Forgets what was read from the store.</summary>
    public void Invalidate()
    {
        Interlocked.Increment(ref _generation);
        _cache.Clear();
    }

    /// <summary>When keys were made here last; their records are awaited impatiently.</summary>
    internal DateTimeOffset? LastGeneratedAt { get; private set; }

    /// <summary>Makes an RSA and an Ed25519 key, seals and stores them, and returns them with the records to publish.</summary>
    /// <param name="selectors">Null: by month (<c>r202611</c>, <c>e202611</c>).</param>
    /// <param name="isActive">Signs at once, by the operator's word; else from when the records are seen.</param>
    /// <exception cref="FormatException">A selector is no DNS name.</exception>
    /// <exception cref="DuplicateEntryException">A selector is taken, or the only keys of the operator's account still wait for their records.</exception>
    public async ValueTask<IReadOnlyList<SealedDkimKey>> GenerateAsync(
        DomainName domain, DkimSelectors? selectors, bool isActive, AuditActor actor, CancellationToken cancellationToken)
    {
        var existing = await store.ListAsync(domain.Ascii, cancellationToken);
        var own = existing.Where(key => key.AccountId == Account.Default.Id).Select(key => key.State).ToList();
        if (!isActive && own.Contains(DkimKeyState.Pending) && !own.Contains(DkimKeyState.Active))
        {
            throw new DuplicateEntryException($"{domain} has keys that wait for their records: publish what 'relay dkim list {domain}' shows, or retire them first");
        }

        selectors ??= DkimSelectors.ForMonth(timeProvider.GetUtcNow(), [.. existing.Select(key => key.Selector)]);
        var generated = await Task.Run(() => GeneratePair(domain, selectors), cancellationToken);
        await store.AddAsync([.. generated.Select(key => key with { State = isActive ? DkimKeyState.Active : DkimKeyState.Pending, ActivatesOnSight = true })], cancellationToken);
        LastGeneratedAt = timeProvider.GetUtcNow();
        Invalidate();
        await audit.AppendAsync(actor, timeProvider, "dkim.generate", domain.Ascii, cancellationToken);
        var stored = await store.ListAsync(domain.Ascii, cancellationToken);
        return [.. generated.Select(key => stored.Single(candidate => candidate.Selector == key.Selector))];
    }

    /// <summary>
    /// Makes a successor for each key of a domain that signs already. It waits until its record is seen; then <see cref="DkimRotation"/> does the rest.
    /// </summary>
    /// <remarks>
    /// A key of an algorithm that does not sign yet, such as a recommended one nobody published, holds nothing up: it waits on, under the record that was
    /// printed for it, and is part of the pair. One whose predecessor signs is a rotation under way.
    /// </remarks>
    /// <returns>The pair whose records are to be published, RSA first.</returns>
    /// <exception cref="DuplicateEntryException">The domain has no key that signs, or a rotation is under way.</exception>
    public async ValueTask<IReadOnlyList<SealedDkimKey>> RotateAsync(DomainName domain, AuditActor actor, CancellationToken cancellationToken)
    {
        var existing = await store.ListAsync(domain.Ascii, cancellationToken);
        if (existing.FirstOrDefault(key => key.State == DkimKeyState.Active) is not { AccountId: var account })
        {
            throw new DuplicateEntryException(existing.Any(key => key.State == DkimKeyState.Pending)
                ? $"{domain} has no key that signs yet: publish what 'relay dkim list {domain}' shows"
                : $"{domain} has no key that signs; 'relay dkim generate {domain}' makes a pair");
        }

        var own = existing.Where(key => key.AccountId == account).ToList();
        var waiting = own.Where(key => key.State == DkimKeyState.Pending).ToList();
        if (waiting.Find(key => IsFollowing(key, own)) is { } follower)
        {
            throw new DuplicateEntryException(
                $"{domain} is rotated already: {follower.Selector} waits for its record, which 'relay dkim list {domain}' shows; publish it, or retire that key first");
        }

        var selectors = DkimSelectors.ForMonth(timeProvider.GetUtcNow(), [.. existing.Select(key => key.Selector)]);
        var made = (await PrepareAsync(domain, account, selectors, cancellationToken))
            .Where(key => !waiting.Exists(other => other.Algorithm == key.Algorithm))
            .Select(key => key with { ActivatesOnSight = own.Exists(old => old.State == DkimKeyState.Active && old.Algorithm == key.Algorithm && old.ActivatesOnSight) })
            .ToList();
        await store.AddAsync(made, cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "dkim.rotate", domain.Ascii, cancellationToken);
        return [.. made.Concat(waiting).OrderBy(key => key.Algorithm)];
    }

    private static bool IsFollowing(SealedDkimKey waiting, List<SealedDkimKey> own) =>
        own.Exists(key => key.State == DkimKeyState.Active && key.Algorithm == waiting.Algorithm);

    /// <summary>Makes an RSA and an Ed25519 key for a domain of an account, sealed and pending; they are not stored, that is the caller's part.</summary>
    /// <exception cref="FormatException">A selector is no DNS name.</exception>
    public Task<IReadOnlyList<SealedDkimKey>> PrepareAsync(
        DomainName domain, long accountId, DkimSelectors selectors, CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyList<SealedDkimKey>>(
            () => [.. GeneratePair(domain, selectors).Select(key => key with { AccountId = accountId, State = DkimKeyState.Pending })],
            cancellationToken);

    /// <summary>The pair that an account's operator made with <see cref="GenerateAsync"/> and that signs or waits to, RSA first.</summary>
    /// <returns>Null when there is none, or when more keys than one pair are in use, as during a rotation.</returns>
    public async ValueTask<IReadOnlyList<SealedDkimKey>?> FindPairAsync(DomainName domain, long accountId, CancellationToken cancellationToken)
    {
        var inUse = (await store.ListAsync(domain.Ascii, cancellationToken))
            .Where(key => key.AccountId == accountId && key.State is DkimKeyState.Pending or DkimKeyState.Active)
            .OrderBy(key => key.Algorithm);
        return inUse.ToArray() is [{ Algorithm: DkimAlgorithm.RsaSha256, ActivatesOnSight: true }, { Algorithm: DkimAlgorithm.Ed25519Sha256, ActivatesOnSight: true }] and var pair
            ? pair
            : null;
    }

    /// <summary>All keys of a domain in every state; of all domains when null.</summary>
    public ValueTask<IReadOnlyList<SealedDkimKey>> ListAsync(DomainName? domain, CancellationToken cancellationToken) =>
        store.ListAsync(domain?.Ascii, cancellationToken);

    /// <summary>Of a domain, or of all, with an id above <paramref name="after"/>, oldest first, in every state.</summary>
    public ValueTask<IReadOnlyList<SealedDkimKey>> PageAsync(DomainName? domain, long after, int limit, CancellationToken cancellationToken) =>
        store.PageAsync(domain?.Ascii, after, limit, cancellationToken);

    /// <summary>What the last <see cref="FindUnopenableAsync"/> found.</summary>
    public IReadOnlyList<string> Unopenable => Volatile.Read(ref _unopenable);

    /// <summary>Domains with keys in use that the key ring cannot open, as after a restore without its master key.</summary>
    public async ValueTask<IReadOnlyList<string>> FindUnopenableAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> found =
        [
            .. (await store.ListAsync(null, cancellationToken))
                .Where(key => key.State is DkimKeyState.Active or DkimKeyState.Pending && !Opens(key))
                .Select(key => key.Domain).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        Volatile.Write(ref _unopenable, found);
        return found;
    }

    /// <summary>Ends signing with a key. Its record should stay published for a week or so, for mail in flight.</summary>
    /// <returns>False when there is no such key or it signs no more already.</returns>
    public async ValueTask<bool> RetireAsync(DomainName domain, string selector, AuditActor actor, CancellationToken cancellationToken)
    {
        var keys = await store.ListAsync(domain.Ascii, cancellationToken);
        var key = keys.FirstOrDefault(candidate => string.Equals(candidate.Selector, selector, StringComparison.OrdinalIgnoreCase));
        if (key is not { State: DkimKeyState.Pending or DkimKeyState.Active }
            || !await store.SetStateAsync(key.Id, DkimKeyState.Retiring, timeProvider.GetUtcNow(), cancellationToken))
        {
            return false;
        }

        Invalidate();
        await audit.AppendAsync(actor, timeProvider, "dkim.retire", $"{key.Selector}._domainkey.{key.Domain}", cancellationToken);
        return true;
    }

    private async ValueTask<IReadOnlyList<DkimKey>> FindStoredAsync(string domain, CancellationToken cancellationToken)
    {
        var generation = _generation;
        var now = timeProvider.GetUtcNow();
        if (_cache.TryGet(domain, out var cached) && now < cached.ValidUntil)
        {
            return cached.Keys;
        }

        var active = (await store.ListAsync(domain, cancellationToken))
            .Where(key => key.State == DkimKeyState.Active)
            .OrderByDescending(key => key.CreatedAt)
            .Take(MaxKeysPerMessage)
            .OrderBy(key => key.Algorithm)
            .ThenBy(key => key.Selector, StringComparer.Ordinal);
        var keys = active.Select(key => Reuse(cached, key) ?? Import(key)).ToArray();

        // What was read before a change must not be kept after it.
        if (generation == _generation)
        {
            _cache.Set(domain, new CachedKeys(keys, now + CacheTime), now);
        }

        return keys;
    }

    // Importing is the expensive part; the public record names the key beyond doubt.
    private static DkimKey? Reuse(CachedKeys? cached, SealedDkimKey key) =>
        cached?.Keys.FirstOrDefault(candidate => candidate.Selector == key.Selector && candidate.PublicRecord == key.PublicRecord);

    private DkimKey Import(SealedDkimKey key)
    {
        var privateKey = keyRing.Open(key.SealedPrivateKey.Span, SealingPurpose);
        try
        {
            return DkimKey.FromPkcs8(key.Domain, key.Selector, privateKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }

    private bool Opens(SealedDkimKey key)
    {
        try
        {
            CryptographicOperations.ZeroMemory(keyRing.Open(key.SealedPrivateKey.Span, SealingPurpose));
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private SealedDkimKey[] GeneratePair(DomainName domain, DkimSelectors selectors) =>
        [Generate(domain, selectors, DkimAlgorithm.RsaSha256), Generate(domain, selectors, DkimAlgorithm.Ed25519Sha256)];

    private SealedDkimKey Generate(DomainName domain, DkimSelectors selectors, DkimAlgorithm algorithm)
    {
        var generated = DkimKeyGenerator.Generate(domain.Ascii, selectors.For(algorithm), algorithm);
        using var key = generated.Key;
        return new SealedDkimKey
        {
            Domain = key.Domain,
            Selector = key.Selector,
            Algorithm = algorithm,
            State = DkimKeyState.Active,
            SealedPrivateKey = keyRing.Seal(generated.Pkcs8.Span, SealingPurpose),
            PublicRecord = key.PublicRecord,
            CreatedAt = timeProvider.GetUtcNow(),
        };
    }

    private static async ValueTask<DkimKey> ReadAsync(DkimKeyFile file, CancellationToken cancellationToken)
    {
        try
        {
            var key = DkimKey.FromPem(file.Domain.Ascii, file.Selector, await File.ReadAllTextAsync(file.Path, cancellationToken));
            return file.Algorithm is null || key.Algorithm == file.Algorithm
                ? key
                : throw new FormatException($"It holds a key for {key.Algorithm}, not for {file.Algorithm}.");
        }
        catch (FormatException e)
        {
            throw new FormatException($"DKIM key file '{file.Path}': {e.Message}", e);
        }
    }

    private sealed record CachedKeys(IReadOnlyList<DkimKey> Keys, DateTimeOffset ValidUntil);
}
