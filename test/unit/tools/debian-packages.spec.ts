import { describe, expect, it } from 'vitest';
import { installDebianPackages } from '../../tools/debian-packages.js';

describe('a Debian package that cannot be installed', () => {
  it('is an error that says that there is no apt-get', async () => {
    const install = installDebianPackages(['redis-server'], { isRoot: true, hasApt: false });

    await expect(install).rejects.toThrow('redis-server is not installed, and this machine has no apt-get');
  });

  it('is an error that says what root can run', async () => {
    const install = installDebianPackages(['python3-celery', 'python3-redis'], { isRoot: false, hasApt: true });

    await expect(install).rejects.toThrow('run "apt-get install python3-celery python3-redis"');
  });
});
